// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import SMTP
import Testing

/// What `check_policy_service` makes of answers, on the machine alone.
struct PolicyRestrictionTests {
    private static let service = PolicyService(name: "inet:test", address: .ip(host: "127.0.0.1", port: 10_023))

    /// What the machine says to an answer of a service that is asked about a recipient, with a list behind it that refuses.
    private func outcome(
        _ answer: LookupAnswer,
        kind: ReplyClass = .recipient,
        settings: RestrictionSettings = RestrictionSettings(),
        service: PolicyService = Self.service,
        behind rules: [Restriction] = [.reject],
        facts change: (inout RestrictionFacts) -> Void = { _ in }
    ) throws -> (refusal: String?, notes: [RestrictionMachine.Note]) {
        var facts = RestrictionFacts(client: ClientIdentity(ProxyHeader(command: .local)))
        change(&facts)
        var machine = RestrictionMachine(
            [RestrictionMachine.Stage(kind, "n", [.checkPolicyService(service)] + rules)],
            facts: facts,
            settings: settings,
            relay: RelayPolicy(networks: [], relayDomains: [], hostname: "relay.example.net"),
            deferred: nil,
            concludes: true,
            checksRecipient: false
        )
        guard case .ask(.policy(service, _)) = machine.began() else {
            Issue.record("the service is not asked")
            return (nil, [])
        }
        guard case .end(let refusal) = machine.answered(answer) else {
            Issue.record("it is asked more")
            return (nil, [])
        }
        return (refusal?.summary, machine.takeNotes())
    }

    /// Actions, and the reply; nil: admitted, "next": the restriction behind it decides.
    static let actions: [(action: String, reply: String?)] = [
        ("DUNNO", "next"), ("dunno whatever", "next"), ("OK", nil), ("PERMIT", nil),
        ("REJECT", "554 5.7.1 <n>: Recipient address rejected: Access denied"),
        ("REJECT 5.7.23 SPF says no", "554 5.7.23 <n>: Recipient address rejected: SPF says no"),
        ("DEFER", "450 4.7.1 <n>: Recipient address rejected: Access denied"),
        ("DEFER_IF_PERMIT Greylisted, see http://example.test", "next"),
        ("450 4.2.0 Greylisted", "450 4.2.0 <n>: Recipient address rejected: Greylisted"),
        ("550 no", "550 5.7.1 <n>: Recipient address rejected: no"), ("INFO seen", "next"), ("WARN seen", "next"),
        ("HOLD", "next"), ("DISCARD", nil), ("PREPEND X-Seen: yes", "next"), ("REDIRECT a@example.test", "next"),
        ("BCC a@example.test", "next"), ("FILTER smtp:x", "451 4.3.5 Server configuration error"),
        ("", "451 4.3.5 Server configuration error"),
        ("PREPEND nonsense", "451 4.3.5 Server configuration error"),
        ("REDIRECT nobody", "451 4.3.5 Server configuration error"),
    ]

    @Test(arguments: actions)
    func actionsAreFollowed(_ row: (action: String, reply: String?)) throws {
        let expected = row.reply == "next" ? "554 5.7.1 <n>: Recipient address rejected: Access denied" : row.reply
        #expect(try outcome(.policy(row.action)).refusal == expected)
    }

    @Test func deferIfPermitRefusesAtTheEnd() throws {
        let found = try outcome(.policy("DEFER_IF_PERMIT Greylisted"), behind: [.permit])
        #expect(found.refusal == "450 4.7.1 <n>: Recipient address rejected: Greylisted")
    }

    static let changes: [(action: String, note: RestrictionMachine.Note)] = [
        ("HOLD", .change(.hold, "<n>: Recipient address triggers HOLD action")),
        ("HOLD for a look", .change(.hold, "<n>: Recipient address for a look")),
        ("DISCARD", .change(.discard, "<n>: Recipient address triggers DISCARD action")),
        ("REDIRECT a@b", .change(.redirect("a@b"), "<n>: Recipient address triggers REDIRECT a@b")),
        ("BCC a@b", .change(.copy("a@b"), "<n>: Recipient address triggers BCC a@b")),
        ("PREPEND X: y", .change(.prepend("X: y"), "<n>: Recipient address triggers PREPEND X: y")),
    ]

    @Test(arguments: changes)
    func changesOfTheMessageAreNoted(_ row: (action: String, note: RestrictionMachine.Note)) throws {
        #expect(try outcome(.policy(row.action), behind: []).notes == [row.note])
    }

    @Test func whatCannotBeDoneIsTrouble() throws {
        let late = try outcome(.policy("PREPEND X: y"), kind: .endOfData, behind: [])
        #expect(late.notes == [.trouble("<n>: End-of-data: PREPEND comes too late behind the message")])
        let passing = try outcome(.policy("DISCARD")) { $0.session.changesMessages = false }
        #expect(
            passing.notes == [
                .trouble(
                    "<n>: Recipient address triggers DISCARD action: that is not to be had with smtpd_proxy_filter"
                )
            ]
        )
        #expect(passing.refusal != nil, "and what is behind it decides")
    }

    @Test func withoutAnAnswerTheDefaultActionCounts() throws {
        let standard = try outcome(.failed("Connection refused"))
        #expect(standard.refusal == "451 4.3.5 <n>: Recipient address rejected: Server configuration problem")
        #expect(standard.notes == [.trouble("problem talking to server inet:test: Connection refused")])
        var settings = RestrictionSettings()
        settings.policies.defaultAction = "OK"
        #expect(try outcome(.failed("no answer in time"), settings: settings).refusal == nil)
        var own = Self.service
        own.exceptions = [.defaultAction("450 later")]
        let found = try outcome(.failed("Connection refused"), settings: settings, service: own)
        #expect(found.refusal == "450 4.7.1 <n>: Recipient address rejected: later")
    }
}
