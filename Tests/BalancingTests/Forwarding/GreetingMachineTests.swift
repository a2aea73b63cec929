// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Support
import Testing

struct GreetingMachineTests {
    private static func feed(_ text: String, by chunk: Int) -> (GreetingMachine.Action, GreetingMachine) {
        var machine = GreetingMachine()
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + chunk)
            let action = machine.received(ByteBuffer(bytes: bytes[start..<end]))
            if action != .wait { return (action, machine) }
            start = end
        }
        return (.wait, machine)
    }

    @Test(
        arguments: [1, 2, 7, Int.max],
        [
            "220 mx.example ESMTP\r\n", "220-teaser\r\n", "220\r\n", "250 odd but fine\n",
        ]
    )
    func passesWhoGreets(chunk: Int, greeting: String) {
        guard case (.pass(let bytes), _) = GreetingMachineTests.feed(greeting, by: chunk) else {
            Issue.record("\(greeting) is not passed")
            return
        }
        #expect(String(buffer: bytes) == greeting)
    }

    @Test func whatFollowsIsPassedOnAsWell() {
        let (action, _) = GreetingMachineTests.feed("220-a\r\n220 b\r\n502 what", by: .max)
        #expect(action == .pass(ByteBuffer(string: "220-a\r\n220 b\r\n502 what")))
    }

    @Test(
        arguments: [1, 2, 7, Int.max],
        [
            (
                "421 4.3.2 No system resources\r\n",
                GreetingMachine.Failure.refused(code: 421, text: "4.3.2 No system resources")
            ),
            ("554-go\r\n554 away\r\n", .refused(code: 554, text: "go")),
            ("554\r\n", .refused(code: 554, text: "")),
            ("SSH-2.0-OpenSSH_9.2\r\n", .notSMTP(text: "SSH-2.0-OpenSSH_9.2")),
            ("354 what\r\n", .notSMTP(text: "354 what")),
            ("2200 no\r\n", .notSMTP(text: "2200 no")),
            ("\r\n", .notSMTP(text: "")),
            ("421 \u{1B}[31mred\r\n", .refused(code: 421, text: "[31mred")),
        ]
    )
    func failsWhoDoesNot(chunk: Int, what: (String, GreetingMachine.Failure)) {
        let (action, machine) = GreetingMachineTests.feed(what.0, by: chunk)
        #expect(action == .fail(what.1))
        var late = machine
        #expect(late.timedOut() == .none)
        #expect(late.closed() == .none)
        #expect(late.received(ByteBuffer(string: "220 late\r\n")) == .none)
    }

    @Test func waitsForALineAndNoLonger() {
        var (action, machine) = GreetingMachineTests.feed("220 mx", by: .max)
        #expect(action == .wait)
        #expect(machine.timedOut() == .fail(.silent))
        (action, machine) = GreetingMachineTests.feed("22", by: .max)
        #expect(machine.closed() == .fail(.closed))
        machine = GreetingMachine()
        #expect(machine.closed() == .fail(.closed))
    }

    @Test func aLineHasAnEnd() {
        let endless = "220 " + String(repeating: "x", count: GreetingMachine.longestLine)
        guard case (.fail(.notSMTP), _) = GreetingMachineTests.feed(endless, by: 100) else {
            Issue.record("an endless line is waited for")
            return
        }
    }

    @Test(arguments: 0..<50)
    func anyNoiseIsDecidedOnce(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var machine = GreetingMachine()
        var decisions = 0
        for _ in 0..<200 {
            let action: GreetingMachine.Action
            switch Int.random(in: 0..<20, using: &random) {
            case 0: action = machine.closed()
            case 1: action = machine.timedOut()
            default:
                let bytes = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                    [0x0A, 0x0D, 0x20, 0x2D, 0x30, 0x32, 0x34, 0xFF][Int.random(in: 0..<8, using: &random)] as UInt8
                }
                action = machine.received(ByteBuffer(bytes: bytes))
            }
            switch action {
            case .pass, .fail: decisions += 1
            case .wait, .none: break
            }
        }
        #expect(decisions == 1)
    }
}
