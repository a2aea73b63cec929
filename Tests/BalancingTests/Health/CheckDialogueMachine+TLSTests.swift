// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct CheckTLSTests {
    private static let greeting = "220 mx.example.net ESMTP\r\n"
    private static let offer = "250-mx.example.net\r\n250 STARTTLS\r\n"
    private static let go = "220 2.0.0 Ready\r\n"

    private func machine(_ texts: String...) -> (machine: CheckDialogueMachine, last: CheckDialogueMachine.Action) {
        var machine = CheckDialogueMachine(.smtp(hello: "EHLO probe"), startsTLS: true)
        var last = machine.start()
        last = machine.connected(sentHeader: false)
        for text in texts {
            last = machine.received(ByteBuffer(string: text))
            if case .send = last { _ = machine.sent() }
        }
        return (machine, last)
    }

    private func text(_ action: CheckDialogueMachine.Action) -> String {
        switch action {
        case .send(let bytes): String(decoding: bytes, as: UTF8.self)
        case .finish(let verdict): "\(verdict.status): \(verdict.info)"
        case .wait, .connect, .startTLS, .none: "\(action)"
        }
    }

    @Test func saysHelloAgainWhenItIsEncrypted() {
        var (machine, last) = machine(Self.greeting, Self.offer)
        #expect(text(last) == "STARTTLS\r\n")
        #expect(machine.received(ByteBuffer(string: Self.go)) == .startTLS)
        #expect(text(machine.encrypted()) == "EHLO probe\r\n")
        _ = machine.sent()
        #expect(text(machine.received(ByteBuffer(string: "250 mx.example.net\r\n"))) == "QUIT\r\n")
        _ = machine.sent()
        #expect(text(machine.received(ByteBuffer(string: "221 2.0.0 Bye\r\n"))) == "passed: 2.0.0 Bye")
        #expect(machine.encrypted() == .none && machine.handshakeFailed("x") == .none)
    }

    @Test func failsWhereItIsNotOffered() {
        let (_, last) = machine(Self.greeting, "250 mx.example.net\r\n")
        guard case .finish(let verdict) = last else {
            Issue.record("\(last)")
            return
        }
        #expect(verdict.status == .invalid && verdict.owesQuit)
        #expect(verdict.info == "STARTTLS is not offered at step 3 of smtpchk (starttls)")
    }

    @Test func failsWhereItIsRefused() {
        let (_, last) = machine(Self.greeting, Self.offer, "454 4.7.0 TLS not available due to local problem\r\n")
        guard case .finish(let verdict) = last else {
            Issue.record("\(last)")
            return
        }
        #expect(verdict.status == .wrongStatus && verdict.code == 454 && verdict.owesQuit)
    }

    @Test func takesNothingInClearTextForAnAnswerFromInside() {
        let (_, last) = machine(Self.greeting, Self.offer, Self.go + "250 evil.example\r\n")
        #expect(
            text(last) == "invalid: bytes in clear text behind the reply to STARTTLS at step 3 of smtpchk (starttls)"
        )
    }

    @Test func saysHowAHandshakeEnds() {
        var (failed, _) = machine(Self.greeting, Self.offer, Self.go)
        #expect(
            text(failed.handshakeFailed("why"))
                == "handshakeFailed: SSL handshake failure (why) at step 3 of smtpchk (starttls)"
        )
        var (lost, _) = machine(Self.greeting, Self.offer, Self.go)
        #expect(
            text(lost.closed())
                == "handshakeFailed: SSL handshake failure (the connection was lost) at step 3 of smtpchk (starttls)"
        )
        var (slow, _) = machine(Self.greeting, Self.offer, Self.go)
        #expect(text(slow.timedOut()) == "handshakeTimedOut:  at step 3 of smtpchk (starttls)")
        #expect(slow.timedOut() == .none && slow.closed() == .none)
        var (early, _) = machine(Self.greeting, Self.offer)
        #expect(text(early.closed()) == "invalid: connection closed at step 3 of smtpchk (starttls)")
    }

    @Test func countsItsSteps() {
        var (machine, _) = machine(Self.greeting, Self.offer, Self.go)
        _ = machine.encrypted()
        _ = machine.sent()
        #expect(text(machine.closed()) == "invalid: connection closed at step 4 of smtpchk (hello)")
    }
}
