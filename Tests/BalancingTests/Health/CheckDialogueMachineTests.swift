// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct CheckDialogueMachineTests {
    /// A server's side of a dialogue: what it says when, and how the connection ends.
    enum Event {
        case says(String)
        case closes
        case breaks
        case staysSilent
    }

    /// Runs a dialogue in pieces of `size` bytes and tells what was sent, and the verdict.
    private func run(
        _ method: CheckMethod,
        _ steps: [CheckStep] = [],
        header: Bool = false,
        pieces size: Int,
        _ events: [Event]
    ) -> (sent: String, verdict: CheckVerdict?) {
        var machine = CheckDialogueMachine(method, steps: steps)
        var sent = ""
        var verdict: CheckVerdict?
        func perform(_ first: CheckDialogueMachine.Action) {
            var action = first
            while true {
                switch action {
                case .wait, .startTLS, .none: return
                case .send(let bytes):
                    sent += String(decoding: bytes, as: UTF8.self)
                    action = machine.sent()
                case .connect(let port, let sendsProxy):
                    sent += "[\(port.map { "\($0)" } ?? "-")\(sendsProxy ? " proxy" : "")]"
                    action = machine.connected(sentHeader: header || sendsProxy)
                case .finish(let found):
                    verdict = found
                    return
                }
            }
        }
        perform(machine.start())
        for event in events {
            switch event {
            case .says(let text):
                let bytes = Array(text.utf8)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    perform(machine.received(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])))
                }
            case .closes: perform(machine.closed())
            case .breaks: perform(machine.failed("Connection reset by peer"))
            case .staysSilent: perform(machine.timedOut())
            }
        }
        return (sent, verdict)
    }

    struct Dialogue: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [Event]
        var header = false
        var sent = "[-]EHLO me\r\nQUIT\r\n"
        var status: CheckVerdict.Status
        var code = 0
        var info: String
        var diagnosis: CheckDiagnosis?
        var owesQuit = false
        var testDescription: String { name }
    }

    static let dialogues: [Dialogue] = [
        Dialogue(
            name: "the golden one",
            events: [.says("220 hi\r\n"), .says("250 ok\r\n"), .says("221 bye\r\n")],
            status: .passed,
            code: 221,
            info: "bye"
        ),
        Dialogue(
            name: "postscreen's teaser",
            events: [
                .says("220-teaser.example\r\n"), .says("220 mx ESMTP\r\n"), .says("250-mx\r\n250 SIZE\r\n"),
                .says("221 2.0.0 Bye\r\n"), .closes,
            ],
            header: true,
            status: .passed,
            code: 221,
            info: "2.0.0 Bye"
        ),
        Dialogue(
            name: "no answer to QUIT",
            events: [.says("220 hi\r\n"), .says("250 ok\r\n"), .closes],
            status: .passed,
            code: 250,
            info: "ok"
        ),
        Dialogue(
            name: "reset instead of an answer to QUIT",
            events: [.says("220 hi\r\n"), .says("250 ok\r\n"), .breaks],
            status: .passed,
            code: 250,
            info: "ok"
        ),
        Dialogue(
            name: "421",
            events: [.says("421 4.3.2 Too busy\r\n")],
            sent: "[-]",
            status: .wrongStatus,
            code: 421,
            info: "4.3.2 Too busy"
        ),
        Dialogue(
            name: "554 greeting",
            events: [.says("554-no\r\n554 mail here\r\n")],
            sent: "[-]",
            status: .wrongStatus,
            code: 554,
            info: "no mail here",
            owesQuit: true
        ),
        Dialogue(
            name: "hello refused",
            events: [.says("220 hi\r\n"), .says("502 what\r\n")],
            sent: "[-]EHLO me\r\n",
            status: .wrongStatus,
            code: 502,
            info: "what",
            owesQuit: true
        ),
        Dialogue(
            name: "header taken for a command",
            events: [.says("220 hi\r\n502 5.5.2 Error: command not recognized\r\n")],
            header: true,
            sent: "[-]EHLO me\r\n",
            status: .wrongStatus,
            code: 502,
            info: "5.5.2 Error: command not recognized",
            diagnosis: .unexpectedHeader,
            owesQuit: true
        ),
        Dialogue(
            name: "Exim's answer to a header",
            events: [.says("554 SMTP synchronization error\r\n")],
            header: true,
            sent: "[-]",
            status: .wrongStatus,
            code: 554,
            info: "SMTP synchronization error",
            diagnosis: .unexpectedHeader,
            owesQuit: true
        ),
        Dialogue(
            name: "Postfix's smtpd without a header",
            events: [.says("421 4.3.0 mx.example Server local error\r\n")],
            sent: "[-]",
            status: .wrongStatus,
            code: 421,
            info: "4.3.0 mx.example Server local error",
            diagnosis: .missingHeader
        ),
        Dialogue(
            name: "Postfix's postscreen without a header",
            events: [.says("421 4.3.2 No system resources\r\n")],
            sent: "[-]",
            status: .wrongStatus,
            code: 421,
            info: "4.3.2 No system resources",
            diagnosis: .missingHeader
        ),
        Dialogue(
            name: "the same with a header means what it says",
            events: [.says("421 4.3.2 No system resources\r\n")],
            header: true,
            sent: "[-]",
            status: .wrongStatus,
            code: 421,
            info: "4.3.2 No system resources"
        ),
        Dialogue(
            name: "no banner",
            events: [.staysSilent],
            sent: "[-]",
            status: .timedOut,
            info: " at step 1 of smtpchk (greeting)",
            diagnosis: .silence
        ),
        Dialogue(
            name: "no banner in spite of a header",
            events: [.staysSilent],
            header: true,
            sent: "[-]",
            status: .timedOut,
            info: " at step 1 of smtpchk (greeting)"
        ),
        Dialogue(
            name: "half a banner",
            events: [.says("220-hi\r\n"), .staysSilent],
            sent: "[-]",
            status: .timedOut,
            info: " at step 1 of smtpchk (greeting)"
        ),
        Dialogue(
            name: "no answer to hello",
            events: [.says("220 hi\r\n"), .staysSilent],
            sent: "[-]EHLO me\r\n",
            status: .timedOut,
            info: " at step 2 of smtpchk (hello)",
            owesQuit: true
        ),
        Dialogue(
            name: "no banner and the door shut",
            events: [.closes],
            sent: "[-]",
            status: .invalid,
            info: "connection closed at step 1 of smtpchk (greeting)"
        ),
        Dialogue(
            name: "reset",
            events: [.breaks],
            sent: "[-]",
            status: .broken,
            info: "Connection reset by peer at step 1 of smtpchk (greeting)"
        ),
        Dialogue(
            name: "garbage",
            events: [.says("SSH-2.0-x\r\n")],
            sent: "[-]",
            status: .invalid,
            info: "SSH-2.0-x",
            owesQuit: true
        ),
    ]

    @Test(arguments: dialogues, [1, 2, 7, 1_000]) func smtp(_ dialogue: Dialogue, size: Int) {
        let events = dialogue.events
        let (sent, verdict) = run(.smtp(hello: "EHLO me"), header: dialogue.header, pieces: size, events)
        #expect(sent == dialogue.sent)
        let expected = CheckVerdict(
            status: dialogue.status,
            code: dialogue.code,
            info: dialogue.info,
            diagnosis: dialogue.diagnosis,
            owesQuit: dialogue.owesQuit
        )
        #expect(verdict == expected)
    }

    @Test func anAnswerWithoutEndIsNone() {
        let text = String(repeating: "220-more\r\n", count: 2_000)
        let verdict = run(.smtp(hello: "EHLO me"), pieces: 1_000, [.says(text)]).verdict
        #expect(verdict?.status == .invalid)
        #expect(verdict?.info == "answer without end at step 1 of smtpchk (greeting)")
    }

    @Test func connectingIsEnough() {
        let (sent, verdict) = run(.connect, pieces: 1, [.says("220 hi\r\n"), .closes])
        #expect(sent == "[-]")
        #expect(verdict == CheckVerdict(status: .connected))
    }

    private static func pattern(_ kind: CheckPattern.Kind, _ text: String, not: Bool = false) throws -> CheckStep {
        .expect(try #require(CheckPattern(kind, Array(text.utf8), isNegated: not)))
    }

    @Test(arguments: [1, 2, 7, 1_000]) func steps(size: Int) throws {
        let steps: [CheckStep] = [
            .comment("first"), .connect(port: 26, sendsProxy: true), try Self.pattern(.string, "220"),
            .send(Array("PING\r\n".utf8)), .comment("pong"), try Self.pattern(.expression, "\\+PONG\\r\\n$"),
            .connect(port: nil, sendsProxy: false), try Self.pattern(.string, "bad", not: true),
        ]
        let good = run(.steps, steps, pieces: size, [.says("220 x\r\n"), .says("+PONG\r\n"), .says("good\r\n")])
        #expect(good.sent == "[26 proxy]PING\r\n[-]")
        #expect(good.verdict == CheckVerdict(status: .passed, info: "(tcp-check)"))

        let late = run(.steps, steps, pieces: size, [.says("220 x\r\n"), .says("+PO"), .staysSilent])
        #expect(late.verdict?.status == .timedOut)
        #expect(late.verdict?.info == " at step 6 of tcp-check (expect regex) comment: 'pong'")

        let wrong = run(.steps, steps, pieces: size, [.says("HTTP"), .closes])
        #expect(wrong.verdict?.status == .invalid)
        #expect(wrong.verdict?.info == "TCPCHK did not match content '220' at step 3")

        let empty = run(.steps, steps, pieces: size, [.closes])
        #expect(empty.verdict?.info == "TCPCHK got an empty response at step 3")

        let silent = run(.steps, steps, pieces: size, [.staysSilent])
        #expect(silent.verdict?.info == " at step 3 of tcp-check (expect string '220')")
    }

    @Test func whatMustNotBeThere() throws {
        let steps = [try Self.pattern(.binary, "no", not: true)]
        let verdict = run(.steps, steps, pieces: 10, [.says("oh no\r\n")]).verdict
        #expect(verdict?.info == "TCPCHK matched unwanted content '6e6f' at step 1")
        #expect(run(.steps, steps, pieces: 10, [.says("yes\r\n")]).verdict?.status == .passed)
    }

    @Test func withoutStepsConnectingIsEnough() {
        #expect(run(.steps, pieces: 1, []).verdict == CheckVerdict(status: .connected))
        #expect(run(.steps, [.comment("only")], pieces: 1, []).verdict == CheckVerdict(status: .connected))
    }

    @Test func anAnswerIsBounded() throws {
        let steps = [try Self.pattern(.string, "never")]
        let text = String(repeating: "x", count: CheckDialogueMachine.maximumAnswer + 1)
        #expect(run(.steps, steps, pieces: 1_000, [.says(text)]).verdict?.status == .invalid)
    }

    @Test func whatIsOverStaysOver() {
        var machine = CheckDialogueMachine(.smtp(hello: "HELO x"))
        _ = machine.start()
        _ = machine.connected(sentHeader: false)
        _ = machine.timedOut()
        #expect(machine.timedOut() == .none)
        #expect(machine.closed() == .none)
        #expect(machine.failed("x") == .none)
        #expect(machine.received(ByteBuffer(string: "220 hi\r\n")) == .none)
        #expect(machine.sent() == .none)
    }

    @Test func brokenExpressions() {
        #expect(CheckPattern(.expression, Array("(".utf8)) == nil)
        #expect(CheckPattern(.expression, Array("^2[0-9]{2}".utf8)) != nil)
    }
}
