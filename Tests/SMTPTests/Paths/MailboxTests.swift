// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

struct MailboxTests {
    /// MAIL's argument, and the address the machine asks the policy about; nil where it is refused as no address.
    static let senders: [(String, String?)] = [
        ("FROM:<a@example.org>", "a@example.org"), ("from:<a@example.org>", "a@example.org"),
        ("FROM: <a@example.org>", "a@example.org"), ("FROM:a@example.org", "a@example.org"), ("FROM:<>", ""),
        ("FROM:<@one,@two:a@example.org>", "a@example.org"), ("FROM:<\"a b\"@example.org>", "\"a b\"@example.org"),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"), ("FROM:<a@example.org.>", "a@example.org."), ("FROM:<a>", "a"),
        ("FROM:<a@>", nil), ("FROM:<@example.org>", nil), ("FROM:<a@example..org>", nil),
        ("FROM:<a b@example.org>", nil),
        ("FROM:<a@example.org", nil), ("FROM:", nil), ("FROM:<\"a@example.org>", nil), ("FROM:<a@ex ample.org>", nil),
        ("FROM:<gr\u{FC}n@example.org>", nil), ("FROM:<a@exam_ple.org>", "a@exam_ple.org"),
        ("FROMX:<a@example.org>", nil),
    ]

    @Test(arguments: senders)
    func readsReversePaths(argument: String, expected: String?) {
        var machine = SessionMachine(limits: SessionLimits())
        _ = machine.connected()
        _ = machine.received(line: "EHLO client", hasMoreInput: false)
        _ = machine.helloJudged(nil)
        let action = machine.received(line: "MAIL \(argument)"[...], hasMoreInput: false)
        if case .judgeSender(let transaction) = action {
            #expect(transaction.senderAddress == expected)
        } else {
            #expect(expected == nil)
        }
    }

    /// Recipient, its domain, and whether it names another site (reference: open relay probes).
    static let recipients: [(String, String, Bool)] = [
        ("a@Example.ORG", "example.org", false), ("a@example.org.", "example.org", false),
        ("a%other@example.org", "example.org", true), ("other!a@example.org", "example.org", true),
        ("\"a@other\"@example.org", "example.org", true), ("a@other@example.org", "example.org", true),
        ("@x:a@example.org", "example.org", false), ("postmaster", "", false), ("a@[127.0.0.1]", "[127.0.0.1]", false),
    ]

    @Test(arguments: recipients)
    func knowsDomainAndRoute(recipient: String, domain: String, hasRoute: Bool) throws {
        var machine = SessionMachine(limits: SessionLimits())
        _ = machine.connected()
        _ = machine.received(line: "EHLO client", hasMoreInput: false)
        _ = machine.helloJudged(nil)
        _ = machine.received(line: "MAIL FROM:<>", hasMoreInput: false)
        _ = machine.senderJudged(nil)
        let action = machine.received(line: "RCPT TO:<\(recipient)>"[...], hasMoreInput: false)
        guard case .judgeRecipient(let mailbox) = action else {
            Issue.record("not judged: \(action)")
            return
        }
        #expect(mailbox.domain == domain)
        #expect(mailbox.hasRoute == hasRoute)
    }
}
