// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

struct SessionEncryptionTests {
    private func machine(_ policy: SessionEncryption.Policy, isAvailable: Bool = true) -> SessionMachine {
        var machine = SessionMachine(limits: SessionLimits())
        machine.encryption = SessionEncryption(policy: policy, isAvailable: isAvailable)
        _ = machine.connected()
        return machine
    }

    private func say(_ line: String, to machine: inout SessionMachine, more: Bool = false) -> SessionMachine.Action {
        let action = machine.received(line: line[...], hasMoreInput: more)
        if case .judgeHello = action { return machine.helloJudged(nil) }
        return action
    }

    private func reply(_ line: String, to machine: inout SessionMachine) -> String {
        switch say(line, to: &machine) {
        case .reply(let reply), .replyAndClose(let reply), .startTLS(let reply): return reply.summary
        case .judgeSender: return "sender"
        default: return "-"
        }
    }

    @Test func beginsAnewAfterTheHandshake() {
        var machine = machine(.may)
        #expect(reply("EHLO client", to: &machine).contains("STARTTLS"))
        #expect(reply("MAIL FROM:<a@example.org>", to: &machine) == "sender")
        _ = machine.senderJudged(nil)
        #expect(reply("starttls", to: &machine) == "220 2.0.0 Ready to start TLS")
        #expect(machine.isWaiting && !machine.isAtBoundary && machine.endRequested() == nil)
        #expect(machine.tlsEstablished() == .none)
        #expect(machine.hello == nil && machine.encryption.isActive && !machine.isWaiting)
        #expect(reply("RCPT TO:<b@example.net>", to: &machine) == "503 5.5.1 Error: need MAIL command")
        #expect(reply("STARTTLS", to: &machine) == "554 5.5.1 Error: TLS already active")
        #expect(!reply("EHLO client", to: &machine).contains("STARTTLS"))
        #expect(machine.tally.summary == " ehlo=2 starttls=1/2 mail=1 rcpt=0/1 commands=4/6")
    }

    @Test(arguments: [
        (SessionEncryption.Policy.none, true, "STARTTLS", "502 5.5.1 Error: command not implemented"),
        (.may, true, "STARTTLS now", "501 5.5.4 Syntax: STARTTLS"), (.may, true, "STARTTLS  ", "220 2.0.0"),
        (.may, true, "STARTTL", "500 5.5.2"), (.may, true, "STARTTLSS", "500 5.5.2"),
        (.may, false, "STARTTLS", "454 4.7.0 TLS not available due to local problem"),
        (.may, false, "MAIL FROM:<a@example.org>", "sender"), (.encrypt, true, "NOOP", "250"),
        (.encrypt, true, "MAIL FROM:<a@example.org>", "530 5.7.0 Must issue a STARTTLS command first"),
        (.encrypt, true, "RSET", "530"), (.encrypt, true, "VRFY a", "530"), (.encrypt, true, "JUNK", "530"),
        (.encrypt, true, "RCPT TO:<a@example.org>", "530"), (.encrypt, true, "DATA", "530"),
        (.encrypt, false, "MAIL FROM:<a@example.org>", "454 4.7.0"), (.encrypt, false, "STARTTLS", "454 4.7.0"),
        (.encrypt, true, "QUIT", "221"), (.encrypt, true, "HELP", "214"), (.encrypt, true, "HELO x", "250"),
    ])
    func answersByPolicy(policy: SessionEncryption.Policy, isAvailable: Bool, line: String, expected: String) {
        var machine = machine(policy, isAvailable: isAvailable)
        let answer = reply(line, to: &machine)
        #expect(answer.hasPrefix(expected), "\(answer)")
    }

    @Test func isOfferedOnlyWhenItIsPossible() {
        for (policy, isAvailable, isOffered) in [
            (SessionEncryption.Policy.none, true, false), (.may, true, true), (.may, false, false),
            (.encrypt, true, true),
            (.encrypt, false, false),
        ] {
            var machine = machine(policy, isAvailable: isAvailable)
            #expect(reply("EHLO client", to: &machine).contains("STARTTLS") == isOffered)
        }
    }

    /// CVE-2011-0411: what stands behind STARTTLS in clear text is never a command, whatever the settings say.
    @Test(arguments: [true, false])
    func endsTheSessionWhenSomethingFollowsInClearText(forbids: Bool) {
        var limits = SessionLimits()
        limits.forbidsUnauthorisedPipelining = forbids
        var machine = SessionMachine(limits: limits)
        machine.encryption = SessionEncryption(policy: .may, isAvailable: true)
        _ = machine.connected()
        _ = say("EHLO client", to: &machine)
        #expect(say("STARTTLS", to: &machine, more: true) == .replyAndClose(.notSynchronised))
        #expect(machine.isClosed && !machine.encryption.isActive)
        #expect(machine.tlsEstablished() == .none)
        #expect(machine.isClosed && !machine.encryption.isActive)
    }

    @Test func takesNoLineWhileTheHandshakeIsUnderWay() {
        var machine = machine(.may)
        _ = say("STARTTLS", to: &machine)
        #expect(say("QUIT", to: &machine) == .none)
        #expect(machine.timedOut() == .none)
        machine.tlsFailed()
        #expect(machine.isClosed)
        #expect(machine.tally.summary == " starttls=0/1 commands=0/1")
        #expect(machine.tlsEstablished() == .none && machine.tlsUnavailable() == .none)
    }

    @Test func goesOnWithoutACertificateThatIsGone() {
        var machine = machine(.may)
        _ = say("STARTTLS", to: &machine)
        guard case .reply(let reply) = machine.tlsUnavailable() else {
            Issue.record("no reply")
            return
        }
        #expect(reply.summary == "454 4.7.0 TLS not available due to local problem")
        #expect(!self.reply("EHLO client", to: &machine).contains("STARTTLS"))
    }

    @Test func greetsAfterAHandshakeThatCameFirst() {
        var machine = SessionMachine(limits: SessionLimits())
        machine.encryption = SessionEncryption(policy: .may, isAvailable: true)
        guard case .reply(let reply) = machine.connectedEncrypted() else {
            Issue.record("no greeting")
            return
        }
        #expect(reply.code == 220 && machine.encryption.isActive)
        #expect(self.reply("STARTTLS", to: &machine) == "554 5.5.1 Error: TLS already active")
        #expect(machine.connectedEncrypted() == .none)
    }
}
