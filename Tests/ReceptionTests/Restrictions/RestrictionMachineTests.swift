// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import Resolving
import SMTP
import Support
import Testing

/// The walk through the lists, on the machine alone.
struct RestrictionMachineTests {
    private typealias Stage = RestrictionMachine.Stage

    private static let site = try? BlocklistSite("bl.example")

    private func facts(_ address: String? = "192.0.2.1") throws -> RestrictionFacts {
        var header = ProxyHeader(command: .local)
        if let address {
            header = ProxyHeader(
                command: .proxy,
                source: try .init(ipAddress: address, port: 4_242),
                destination: try .init(ipAddress: "192.0.2.25", port: 25)
            )
        }
        return RestrictionFacts(client: ClientIdentity(header))
    }

    private func machine(
        _ stages: [RestrictionMachine.Stage],
        _ facts: RestrictionFacts,
        _ settings: RestrictionSettings = RestrictionSettings(),
        deferred: Reply? = nil,
        concludes: Bool = true
    ) -> RestrictionMachine {
        RestrictionMachine(
            stages,
            facts: facts,
            settings: settings,
            relay: RelayPolicy(networks: [], relayDomains: ["example.net"], hostname: "relay.example.net"),
            deferred: deferred,
            concludes: concludes,
            checksRecipient: false
        )
    }

    /// Lists of a client without anything to look up, and the reply's beginning; empty: admitted.
    static let lists: [(list: String, reply: String)] = [
        ("", ""), ("permit", ""), ("permit reject", ""),
        ("reject", "554 5.7.1 <c>: Client host rejected: Access denied"),
        ("defer", "450 4.3.2 <c>: Client host rejected: Try again later"), ("permit_mynetworks", ""),
        ("permit_sasl_authenticated reject", "554"), ("warn_if_reject reject", ""),
        ("warn_if_reject reject reject", "554"), ("warn_if_reject warn_if_reject reject permit", ""),
        ("defer_if_permit", "450 4.7.0 <c>: Client host rejected: defer_if_permit requested"),
        ("defer_if_permit permit reject", "450 4.7.0"), ("defer_if_permit reject", "554"),
        ("defer_if_reject reject", "450 4.7.0 <c>: Client host rejected: defer_if_reject requested"),
        ("defer_if_reject permit", ""), ("defer_if_reject defer", "450 4.3.2"),
        ("defer_if_permit defer_if_reject reject", "450 4.7.0 <c>: Client host rejected: defer_if_permit requested"),
        ("warn_if_reject defer_if_permit permit", ""), ("reject_unknown_client_hostname", "450 4.7.25 Client host"),
        ("reject_unknown_reverse_client_hostname", "450 4.7.1 Client host rejected: cannot find your reverse"),
        ("reject_unauth_destination", ""), ("reject_non_fqdn_sender", ""), ("reject_invalid_helo_hostname", ""),
    ]

    @Test(arguments: lists)
    func listsAreWalkedInOrder(list: String, reply: String) throws {
        var machine = machine([Stage(.client, "c", try RestrictionText.list(list))], try facts())
        guard case .end(let refusal) = machine.began() else {
            Issue.record("something to look up")
            return
        }
        if reply.isEmpty {
            #expect(refusal == nil)
        } else {
            #expect(refusal?.summary.hasPrefix(reply) == true, "\(refusal?.summary ?? "")")
        }
    }

    @Test func aWarningIsNotedAndARefusalEndsAllLists() throws {
        let stages = [
            Stage(.client, "c", [.warnIfReject, .reject, .permit, .reject]), Stage(.helo, "h", [.reject]),
            Stage(.sender, "s", [.defer]),
        ]
        var machine = machine(stages, try facts())
        guard case .end(let refusal?) = machine.began() else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.summary == "554 5.7.1 <h>: Helo command rejected: Access denied")
        #expect(machine.takeNotes() == [.rejectWarning("554 5.7.1 <c>: Client host rejected: Access denied")])
        #expect(machine.takeNotes() == [])
    }

    @Test func nothingPermitsAClientThatNobodyVouchesFor() throws {
        var machine = machine([Stage(.client, "c", [.permit, .reject])], try facts(nil))
        #expect(machine.began() != .end(nil))
    }

    @Test func whatMakesRejectionsTemporaryIsForgottenBetweenCommands() throws {
        var first = machine([Stage(.client, "c", [.deferIfReject]), Stage(.helo, "h", [.reject])], try facts())
        #expect(first.began() == .end(Reply(554, EnhancedStatus(5, 7, 1), "<h>: Helo command rejected: Access denied")))
        var second = machine(
            [Stage(.recipient, "r", [.deferIfReject]), Stage(.recipient, "r", [.reject], begins: false)],
            try facts()
        )
        guard case .end(let refusal?) = second.began() else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == 450)
    }

    @Test func whatEarlierCommandsPutOffRefusesAtTheEnd() throws {
        let earlier = Reply(450, EnhancedStatus(4, 7, 1), "earlier")
        var kept = machine([Stage(.recipient, "r", [.permit])], try facts(), deferred: earlier)
        #expect(kept.began() == .end(earlier))
        var notYet = machine([Stage(.sender, "s", [.permit])], try facts(), deferred: earlier, concludes: false)
        #expect(notYet.began() == .end(nil))
        #expect(notYet.deferIfPermit == earlier)
    }

    // MARK: - Lists in the DNS

    private func listed(_ rules: [Restriction], _ answers: [LookupAnswer], settings: RestrictionSettings = .init())
        throws
        -> (refusal: Reply?, notes: [RestrictionMachine.Note])
    {
        var machine = machine([Stage(.client, "c", rules)], try facts(), settings)
        var action = machine.began()
        for answer in answers {
            guard case .ask = action else { break }
            action = machine.answered(answer)
        }
        guard case .end(let refusal) = action else {
            Issue.record("still asking")
            return (nil, [])
        }
        return (refusal, machine.takeNotes())
    }

    private func listing(_ addresses: String...) -> LookupAnswer {
        let found = addresses.compactMap { HostAddress($0) }
        return .listing(BlocklistReply(Resolved(existence: .found, records: found, ttl: 60)))
    }

    @Test func aListedClientIsToldTheReason() throws {
        let rules: [Restriction] = [.rejectListedClient(try #require(RestrictionMachineTests.site))]
        #expect(
            try listed(rules, [listing("127.0.0.2"), .reason("see https://bl.example/")]).refusal?.summary
                == "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example; see https://bl.example/"
        )
        for answer in [LookupAnswer.reason(nil), .failed("timed out")] {
            #expect(
                try listed(rules, [listing("127.0.0.2"), answer]).refusal?.summary
                    == "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example"
            )
        }
    }

    @Test func trouble() throws {
        let site = try #require(RestrictionMachineTests.site)
        let rules: [Restriction] = [.rejectListedClient(site)]
        #expect(try listed(rules, [listing("127.255.255.254")]).refusal == nil)
        #expect(try listed(rules, [listing("127.255.255.254")]).notes.count == 1)
        #expect(try listed(rules, [listing("198.51.100.1")]).refusal == nil)
        #expect(try listed(rules, [listing()]).notes == [])
        let failed = try listed(rules, [.failed("timed out")])
        #expect(failed.refusal == nil)
        #expect(failed.notes == [.trouble("192.0.2.1: RBL lookup error: bl.example: timed out")])
        let allowed = try listed([.permitListedClient(site), .reject], [.failed("timed out")])
        #expect(allowed.refusal?.summary == "450 4.7.1 <192.0.2.1>: Client host rejected: Service unavailable")
        #expect(try listed([.permitListedClient(site), .reject], [listing("127.0.0.2")]).refusal == nil)
        #expect(try listed([.permitListedClient(site), .reject], [listing()]).refusal?.code == 554)
    }

    @Test(arguments: [
        ("$rbl_code $rbl_what", 550, "550 5.7.1 192.0.2.1"), ("451 4.7.9 later", 550, "451 4.7.9 later"),
        ("no code", 550, "450 4.7.1 Service unavailable"), ("$rbl_code", 521, "521 5.7.1 Service unavailable"),
        ("$rbl_code 4.7.1 x", 550, "550 5.7.1 x"),
    ])
    func theReplyIsATemplate(template: String, code: Int, reply: String) throws {
        var settings = RestrictionSettings()
        settings.listedReply = try ReplyTemplate(template)
        settings.codes.listed = code
        let rules: [Restriction] = [.rejectListedClient(try #require(RestrictionMachineTests.site))]
        let (refusal, _) = try listed(rules, [listing("127.0.0.2"), .reason("why")], settings: settings)
        #expect(refusal?.summary == reply)
    }

    /// Any answers to any questions: the machine ends, and never traps.
    @Test(arguments: 0..<200)
    func survivesAnyAnswers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let site = try #require(RestrictionMachineTests.site)
        let table = TableName(type: "hash", path: "/x", format: .keys)
        let rules: [Restriction] = [
            .permit, .reject, .defer, .deferIfPermit, .deferIfReject, .warnIfReject, .checkAccess(.client, table),
            .checkAccess(.helo, table), .checkAccess(.sender, table), .rejectListedClient(site),
            .permitListedClient(site), .rejectListedDomain(.sender, site), .rejectUnknownHelo,
            .rejectUnknownDomain(.sender), .rejectUnlisted(.recipient), .rejectNonFQDN(.helo), .rejectInvalidHelo,
        ]
        let answers: [LookupAnswer] = [
            .access(.ok), .access(.dunno), .access(nil), .access(.reject(AccessText())), .member(true), .member(false),
            listing("127.0.0.2"), listing(), .reason("x"), .domain(.exists), .domain(.nullMX), .domain(.absent),
            .unavailable, .failed("x"),
        ]
        let list = (0..<8).map { _ in rules.randomElement(using: &random) ?? .permit }
        var machine = machine([Stage(.client, "c", list), Stage(.recipient, "r", list, begins: false)], try facts())
        var action = machine.began()
        var steps = 0
        while case .ask = action, steps < 100 {
            steps += 1
            action = machine.answered(answers.randomElement(using: &random) ?? .unavailable)
        }
        guard case .end = action else {
            Issue.record("no end")
            return
        }
        #expect(machine.answered(.unavailable) == .end(nil))
    }
}
