// SPDX-License-Identifier: Apache-2.0

import Control
import Support
import Testing

/// One HTTP connection, event by event.
@Suite struct PageSessionMachineTests {
    private func begun(keepsAlive: Bool = true) -> PageSessionMachine {
        var machine = PageSessionMachine()
        #expect(machine.began(length: nil, keepsAlive: keepsAlive) == .none)
        return machine
    }

    @Test func aRequestIsAnsweredAndTheConnectionLivesOn() {
        var machine = PageSessionMachine()
        #expect(machine.wait == .request)
        #expect(machine.began(length: 3, keepsAlive: true) == .none)
        #expect(machine.received(bytes: 3) == .none)
        #expect(machine.ended() == .answer)
        #expect(machine.wait == .none)
        #expect(machine.answered() == .write(keepsAlive: true))
        #expect(machine.wait == .answer)
        #expect(machine.written() == .none)
        #expect(machine.wait == .keepAlive)
        #expect(machine.began(length: nil, keepsAlive: false) == .none)
        #expect(machine.ended() == .answer)
        #expect(machine.answered() == .write(keepsAlive: false))
        #expect(machine.written() == .close)
    }

    @Test func aPipelinedRequestDoesNotWaitForTheAnswerBeforeItToLeave() {
        var machine = begun()
        _ = machine.ended()
        #expect(machine.answered() == .write(keepsAlive: true))
        #expect(machine.began(length: nil, keepsAlive: false) == .none)
        #expect(machine.ended() == .answer)
        #expect(machine.answered() == .write(keepsAlive: false))
        #expect(machine.written() == .none)
        #expect(machine.written() == .close)
    }

    @Test func aBodyIsBoundedAnnouncedOrNot() {
        var machine = PageSessionMachine()
        #expect(machine.began(length: PageSessionMachine.bodyLimit + 1, keepsAlive: true).status == 413)
        machine = begun()
        #expect(machine.received(bytes: PageSessionMachine.bodyLimit) == .none)
        #expect(machine.received(bytes: 1).status == 413)
        #expect(machine.received(bytes: .max) == .none)
        #expect(machine.written() == .close)
        machine = begun()
        _ = machine.received(bytes: 5)
        #expect(machine.received(bytes: .max).status == 413)
    }

    @Test func silenceEndsEachPhaseInItsOwnWay() {
        var machine = PageSessionMachine()
        #expect(machine.timedOut() == .close)
        machine = begun()
        #expect(machine.timedOut().status == 408)
        #expect(machine.timedOut() == .close)
        machine = begun()
        _ = machine.ended()
        #expect(machine.timedOut() == .none)
        _ = machine.answered()
        #expect(machine.timedOut() == .close)
        #expect(machine.timedOut() == .none)
    }

    @Test func whatIsNoHTTPIsToldSo() {
        var machine = PageSessionMachine()
        #expect(machine.failed(isOverlong: false).status == 400)
        machine = begun()
        #expect(machine.failed(isOverlong: true).status == 431)
        #expect(machine.failed(isOverlong: true) == .close)
        machine = begun()
        _ = machine.ended()
        #expect(machine.failed(isOverlong: false) == .close)
        #expect(machine.answered() == .none)
    }

    @Test func aClientThatClosedItsSideStillGetsItsAnswer() {
        var machine = begun()
        _ = machine.ended()
        #expect(machine.inputClosed() == .none)
        #expect(machine.answered() == .write(keepsAlive: false))
        #expect(machine.written() == .close)
        machine = begun()
        #expect(machine.inputClosed() == .close)
    }

    @Test func lateEventsDoNothing() {
        var machine = begun()
        machine.disconnected()
        #expect(machine.ended() == .none)
        #expect(machine.answered() == .none)
        #expect(machine.written() == .none)
        #expect(machine.timedOut() == .none)
        #expect(machine.failed(isOverlong: false) == .none)
        #expect(machine.inputClosed() == .none)
        #expect(machine.wait == .none)
    }

    @Test(arguments: 0..<50) func noOrderOfEventsTraps(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var machine = PageSessionMachine()
        for _ in 0..<200 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: _ = machine.began(length: [nil, 0, .max].randomElement(using: &random) ?? nil, keepsAlive: true)
            case 1: _ = machine.received(bytes: [0, 1, .max, -1].randomElement(using: &random) ?? 0)
            case 2, 3: _ = machine.ended()
            case 4, 5: _ = machine.answered()
            case 6: _ = machine.written()
            case 7: _ = machine.timedOut()
            default: _ = machine.failed(isOverlong: Bool.random(using: &random))
            }
        }
        machine.disconnected()
        #expect(machine.wait == .none)
    }
}

extension PageSessionMachine.Action {
    fileprivate var status: Int? {
        if case .refuse(let status, _) = self { status } else { nil }
    }
}
