// SPDX-License-Identifier: Apache-2.0

import SMTP
import Support
import Testing

struct SessionMachineTests {
    private func ready(_ limits: SessionLimits = SessionLimits()) -> SessionMachine {
        var machine = SessionMachine(limits: limits)
        _ = machine.connected()
        _ = machine.received(line: "EHLO client", hasMoreInput: false)
        _ = machine.helloJudged(nil)
        return machine
    }

    private func open(_ limits: SessionLimits = SessionLimits()) -> SessionMachine {
        var machine = ready(limits)
        _ = machine.received(line: "MAIL FROM:<a@example.org>", hasMoreInput: false)
        _ = machine.senderJudged(nil)
        _ = machine.received(line: "RCPT TO:<b@example.org>", hasMoreInput: false)
        _ = machine.recipientJudged(nil)
        return machine
    }

    @Test func aMessageIsAcknowledgedOnlyWhenCommitted() {
        var machine = open()
        _ = machine.received(line: "DATA", hasMoreInput: false)
        guard case .receiveData(let reply, let transaction) = machine.dataJudged(nil) else {
            Issue.record("DATA refused")
            return
        }
        #expect(reply.code == 354)
        #expect(transaction.recipients.map(\.address) == ["b@example.org"])
        #expect(machine.dataEnded(.complete, hasMoreInput: false) == .commit(transaction))
        #expect(machine.isWaiting)
        #expect(machine.received(line: "NOOP", hasMoreInput: false) == .none)
        #expect(machine.committed(as: "ABC") == .reply(Reply(250, EnhancedStatus(2, 0, 0), "Ok: queued as ABC")))
        #expect(machine.messages == 1)
        #expect(
            machine.received(line: "DATA", hasMoreInput: false)
                == .reply(Reply(503, EnhancedStatus(5, 5, 1), "Error: need MAIL command"))
        )
    }

    /// Postfix: NEUTER_CHARACTERS.
    @Test(arguments: [
        ("client", "client"), ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"), ("x>,to=<y", "x?,to=?y"),
        ("a(b)c\\d\";@e", "a?b?c?d???e"),
    ])
    func aNameCannotForgeALogLine(name: String, shown: String) {
        var machine = SessionMachine(limits: SessionLimits())
        _ = machine.connected()
        guard case .judgeHello(let hello) = machine.received(line: "EHLO \(name)"[...], hasMoreInput: false) else {
            Issue.record("not judged")
            return
        }
        #expect(hello.name == shown)
    }

    @Test(arguments: ["RSET", "EHLO filter", "MAIL FROM:<a@example.org>"])
    func whatAFilterSaidOfAMessageIsForgottenWithIt(line: String) {
        var machine = ready()
        machine.isForwarder = true
        _ = machine.received(line: "XFORWARD NAME=client.example", hasMoreInput: false)
        _ = machine.received(line: line[...], hasMoreInput: false)
        _ = machine.helloJudged(nil)
        _ = machine.senderJudged(.storageExceeded)
        #expect(machine.takeForwarded() == nil)
    }

    @Test func aFailedCommitLeavesNothingOpen() {
        var machine = open()
        _ = machine.received(line: "DATA", hasMoreInput: false)
        _ = machine.dataJudged(nil)
        _ = machine.dataEnded(.complete, hasMoreInput: false)
        #expect(machine.commitFailed(with: .storageExceeded) == .reply(.storageExceeded))
        #expect(machine.phase == .ready)
        #expect(machine.messages == 0)
    }

    @Test func lateEventsDoNothing() {
        var machine = open()
        _ = machine.received(line: "DATA", hasMoreInput: false)
        _ = machine.dataJudged(nil)
        _ = machine.dataEnded(.complete, hasMoreInput: false)
        machine.disconnected()
        #expect(machine.committed(as: "ABC") == .none)
        #expect(machine.commitFailed(with: .storageExceeded) == .none)
        #expect(machine.timedOut() == .none)
        #expect(machine.helloJudged(nil) == .none)
        #expect(machine.senderJudged(nil) == .none)
        #expect(machine.recipientJudged(nil) == .none)
        #expect(machine.dataJudged(nil) == .none)
        #expect(machine.dataEnded(.complete, hasMoreInput: false) == .none)
    }

    @Test func aRefusedHelloLeavesEverythingAsItWas() {
        var machine = open()
        guard case .judgeHello(let hello) = machine.received(line: "HELO other", hasMoreInput: false) else {
            Issue.record("not judged")
            return
        }
        #expect(hello.name == "other")
        #expect(!hello.isExtended)
        #expect(machine.isWaiting)
        #expect(machine.isAtBoundary)
        #expect(machine.received(line: "NOOP", hasMoreInput: false) == .none)
        #expect(machine.timedOut() == .none)
        let refusal = Reply(450, EnhancedStatus(4, 7, 1), "no")
        #expect(machine.helloJudged(refusal) == .reply(refusal))
        #expect(machine.hello?.name == "client")
        guard case .judgeData(let transaction) = machine.received(line: "DATA", hasMoreInput: false) else {
            Issue.record("the transaction was lost")
            return
        }
        #expect(transaction.recipients.count == 1)
    }

    @Test func refusedDataLeavesTheTransactionOpen() {
        var machine = open()
        _ = machine.received(line: "DATA", hasMoreInput: false)
        #expect(machine.isWaiting)
        #expect(!machine.isReceiving)
        let refusal = Reply(550, EnhancedStatus(5, 5, 3), "no")
        #expect(machine.dataJudged(refusal) == .reply(refusal))
        _ = machine.received(line: "DATA", hasMoreInput: false)
        guard case .receiveData = machine.dataJudged(nil) else {
            Issue.record("not open any more")
            return
        }
    }

    @Test(arguments: [421, 521]) func aReplyThatSaysSoEndsTheSession(code: Int) {
        var machine = ready()
        _ = machine.received(line: "MAIL FROM:<a@example.org>", hasMoreInput: false)
        let refusal = Reply(code, EnhancedStatus(code / 100, 7, 1), "go")
        #expect(machine.senderJudged(refusal) == .replyAndClose(refusal))
        #expect(machine.isClosed)
    }

    @Test func aSessionInsideAMessageIsNotEnded() {
        var machine = open()
        _ = machine.received(line: "DATA", hasMoreInput: false)
        _ = machine.dataJudged(nil)
        #expect(machine.endRequested() == nil)
        _ = machine.dataEnded(.complete, hasMoreInput: false)
        #expect(machine.endRequested() == nil)
        _ = machine.committed(as: "ABC")
        guard case .replyAndClose(let reply) = machine.endRequested() else {
            Issue.record("not ended")
            return
        }
        #expect(reply.code == 421)
    }

    /// Commands behind which a client must wait, and what becomes of one that does not (RFC 2920 section 3.1).
    @Test(arguments: [("EHLO b", true), ("NOOP", true), ("VRFY a@b", true), ("RSET", false), ("MAIL FROM:<>", false)])
    func pipelinesOnlyWhereAllowed(line: String, mustWait: Bool) {
        var machine = ready()
        let action = machine.received(line: line[...], hasMoreInput: true)
        #expect((action == .replyAndClose(.notSynchronised)) == mustWait)
    }

    @Test func aClientWithoutExtensionsMustWaitAfterTheDot() {
        var machine = SessionMachine(limits: SessionLimits())
        _ = machine.connected()
        _ = machine.received(line: "HELO client", hasMoreInput: false)
        _ = machine.helloJudged(nil)
        _ = machine.received(line: "MAIL FROM:<a@example.org>", hasMoreInput: false)
        _ = machine.senderJudged(nil)
        _ = machine.received(line: "RCPT TO:<b@example.org>", hasMoreInput: false)
        _ = machine.recipientJudged(nil)
        _ = machine.received(line: "DATA", hasMoreInput: false)
        _ = machine.dataJudged(nil)
        #expect(machine.dataEnded(.complete, hasMoreInput: true) == .replyAndClose(.notSynchronised))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", true), ("get /", true), ("Host: example.org", true), ("X-A :b", true), ("POST", true),
        ("CONNECT a:25 HTTP/1.0", true), ("FOO", false), (": x", false), (" : x", false), ("", false),
        ("MAIL FROM:<>", false), ("GETS", false),
    ])
    func otherProtocolsEndTheSession(line: String, isForeign: Bool) {
        var machine = ready()
        let action = machine.received(line: line[...], hasMoreInput: true)
        #expect((action == .replyAndClose(.notSMTP)) == isForeign)
        #expect(machine.isClosed == isForeign)
    }

    @Test func aClientThatIsRefusedInPlaceOfTheGreetingMaySayQuit() {
        var machine = SessionMachine(limits: SessionLimits())
        let refusal = Reply(554, EnhancedStatus(5, 7, 1), "no")
        #expect(machine.connectionRefused(with: refusal, name: "x[192.0.2.1]") == .reply(refusal))
        let denied = Reply(503, EnhancedStatus(5, 7, 0), "Error: access denied for x[192.0.2.1]")
        for line in ["EHLO a", "MAIL FROM:<>", "NOOP", "FOO"] {
            #expect(machine.received(line: line[...], hasMoreInput: true) == .reply(denied))
        }
        #expect(machine.received(line: "QUIT", hasMoreInput: false) == .replyAndClose(.bye))
        #expect(machine.connectionRefused(with: refusal, name: "") == .none)
        var other = SessionMachine(limits: SessionLimits())
        let busy = Reply(421, EnhancedStatus(4, 7, 0), "busy")
        #expect(other.connectionRefused(with: busy, name: "") == .replyAndClose(busy))
    }

    @Test func errorsEndTheSession() {
        var limits = SessionLimits()
        limits.hardErrors = 3
        var machine = ready(limits)
        #expect(
            machine.received(line: "FOO", hasMoreInput: false)
                == .reply(Reply(500, EnhancedStatus(5, 5, 2), "Error: command not recognized"))
        )
        _ = machine.received(line: "FOO", hasMoreInput: false)
        guard case .replyAndClose(let reply) = machine.received(line: "FOO", hasMoreInput: false) else {
            Issue.record("not closed")
            return
        }
        #expect(reply.summary == "421 4.7.0 localhost Error: too many errors")
        #expect(machine.isClosed)
        #expect(machine.tally.summary == " ehlo=1 unknown=0/3 commands=1/4")
    }

    @Test func recipientsBeyondTheLimitAreDeferredThenCounted() {
        var limits = SessionLimits()
        limits.recipients = 2
        limits.hardErrors = 2
        var machine = open(limits)
        _ = machine.received(line: "RCPT TO:<c@example.org>", hasMoreInput: false)
        _ = machine.recipientJudged(nil)
        let replies = (0..<4).map { _ -> Int in
            switch machine.received(line: "RCPT TO:<d@example.org>", hasMoreInput: false) {
            case .reply(let reply), .replyAndClose(let reply), .replyTooBig(let reply, _): reply.code
            case .judgeHello, .judgeSender, .judgeRecipient, .judgeData, .receiveData, .commit, .startTLS, .none: 0
            }
        }
        #expect(replies == [452, 452, 452, 421])
    }

    @Test(arguments: [
        ("SIZE=10", nil), ("SIZE=99999999999999999999", 552), ("SIZE=10240001", 552), ("SIZE=", 501), ("SIZE=-1", 501),
        ("BODY=8BITMIME", nil), ("BODY=BINARYMIME", 555), ("SMTPUTF8", 555), ("size=5 body=7bit", nil),
    ])
    func readsParameters(parameters: String, code: Int?) {
        var machine = ready()
        switch machine.received(line: "MAIL FROM:<a@example.org> \(parameters)"[...], hasMoreInput: false) {
        case .judgeSender: #expect(code == nil)
        case .reply(let reply), .replyTooBig(let reply, _): #expect(reply.code == code)
        case .replyAndClose, .judgeHello, .judgeRecipient, .judgeData, .receiveData, .commit, .startTLS, .none:
            Issue.record("unexpected")
        }
    }

    /// Any sequence of events: the machine never traps, and once it is closed it stays closed.
    @Test(arguments: 0..<100)
    func survivesAnySequence(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let lines = [
            "EHLO a", "HELO a", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "RSET", "NOOP", "VRFY a@b", "HELP", "FOO",
            "MAIL", "RCPT", "", " ", "DATA x", "MAIL FROM:<>", "QUIT",
            "STARTTLS",
        ]
        var machine = SessionMachine(limits: SessionLimits())
        machine.encryption = SessionEncryption(policy: .may, isAvailable: true)
        for _ in 0..<300 {
            let wasClosed = machine.isClosed
            let more = Int.random(in: 0..<20, using: &random) == 0
            let action: SessionMachine.Action =
                switch Int.random(in: 0..<18, using: &random) {
                case 0: machine.connected()
                case 1: machine.senderJudged(Bool.random(using: &random) ? nil : .storageExceeded)
                case 2: machine.recipientJudged(Bool.random(using: &random) ? nil : .storageExceeded)
                case 3: machine.dataEnded(.complete, hasMoreInput: more)
                case 4: machine.committed(as: "A")
                case 5: machine.commitFailed(with: .storageExceeded)
                case 6: Int.random(in: 0..<30, using: &random) == 0 ? machine.timedOut() : .none
                case 7: machine.lineTooLong()
                case 8: machine.helloJudged(Bool.random(using: &random) ? nil : .storageExceeded)
                case 9: machine.dataJudged(Bool.random(using: &random) ? nil : .storageExceeded)
                case 10: machine.tlsEstablished()
                case 11: machine.tlsUnavailable()
                default:
                    machine.received(
                        line: lines[Int.random(in: 0..<lines.count, using: &random)][...],
                        hasMoreInput: more
                    )
                }
            if wasClosed {
                #expect(machine.isClosed)
                #expect(action == .none)
            }
        }
    }
}
