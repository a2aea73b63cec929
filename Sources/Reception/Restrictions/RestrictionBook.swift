// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import SMTP

/// What restrictions of one pool share: their settings and their tables, as they were when the session began.
final class RestrictionBook: Sendable {
    let settings: RestrictionSettings
    let relay: RelayPolicy
    private let tables: [TableName: TableSource]

    init(_ settings: RestrictionSettings, relay: RelayPolicy, tables: [TableName: TableSource]) {
        self.settings = settings
        self.relay = relay
        self.tables = tables
    }

    /// What earlier commands of a session have put off.
    struct Memory {
        var client: Reply?
        var helo: Reply?
        var sender: Reply?
    }

    /// The machine for a point of the dialogue; nil when no list is judged there.
    func machine(at point: JudgedPoint, _ facts: RestrictionFacts, _ memory: Memory) -> RestrictionMachine? {
        switch point {
        case .connection:
            guard !settings.delaysReject, !settings.client.isEmpty else { return nil }
            return machine([client(facts)], facts, nil)
        case .hello:
            guard !settings.delaysReject, !settings.helo.isEmpty else { return nil }
            return machine([helo(facts)], facts, memory.client)
        case .sender:
            guard !settings.delaysReject, !settings.sender.isEmpty || settings.rejectsUnlistedSender else { return nil }
            return machine([sender(facts)], facts, memory.client ?? memory.helo)
        case .recipient(let recipient):
            var stages: [RestrictionMachine.Stage] = []
            if settings.delaysReject {
                stages = [client(facts), helo(facts), sender(facts)]
            }
            stages.append(stage(.recipient, recipient.address, settings.relay))
            stages.append(stage(.recipient, recipient.address, settings.recipient, begins: false))
            let deferred = settings.delaysReject ? nil : memory.sender ?? memory.client ?? memory.helo
            return machine(stages, facts, deferred, concludes: true, checksRecipient: true)
        case .data:
            guard !settings.data.isEmpty else { return nil }
            return machine([stage(.data, "DATA", settings.data)], facts, nil, concludes: true)
        case .message:
            guard !settings.endOfData.isEmpty else { return nil }
            let list = stage(.endOfData, "END-OF-MESSAGE", settings.endOfData)
            return machine([list], facts, nil, concludes: true)
        }
    }

    /// Looks in the tables; nil when the DNS or a policy service must be asked.
    func answer(to lookup: Lookup) -> LookupAnswer? {
        switch lookup {
        case .access(let name, let keys, let address):
            guard let table = tables[name]?() else { return .unavailable }
            if name.format == .networks {
                let address = address ?? keys.first.flatMap { IPAddress($0) }
                return .access(address.flatMap { table.action(on: $0) })
            }
            if name.format.hasPatterns { return access(to: keys, in: table) }
            return .access(keys.lazy.compactMap { table.action(of: $0) }.first)
        case .member(let names, let keys):
            for name in names {
                guard let table = tables[name]?() else { return .unavailable }
                guard name.format.hasPatterns else {
                    if keys.contains(where: table.contains) { return .member(true) }
                    continue
                }
                switch table.answer(to: keys.first ?? "") {
                case .nothing: continue
                case .result: return .member(true)
                case .tooLong: return .unavailable
                }
            }
            return .member(false)
        case .reply(let names, let keys):
            for name in names {
                guard let table = tables[name]?() else { return .unavailable }
                if let reply = keys.lazy.compactMap({ table.reply(of: $0) }).first { return .reply(reply) }
            }
            return .reply(nil)
        case .listing, .reason, .mailDomain, .host, .client, .policy:
            return nil
        }
    }

    /// What a table of patterns says of the first of the keys that it knows.
    private func access(to keys: [String], in table: LookupTable) -> LookupAnswer {
        for key in keys {
            switch table.answer(to: key) {
            case .nothing: continue
            case .result(let text): return .access(AccessAction(expanded: text))
            case .tooLong: return .unavailable
            }
        }
        return .access(nil)
    }

    private func client(_ facts: RestrictionFacts) -> RestrictionMachine.Stage {
        stage(.client, facts.client.logName, settings.client)
    }

    /// Without HELO the list is not judged at all (Postfix: smtpd_helo_required asks for it).
    private func helo(_ facts: RestrictionFacts) -> RestrictionMachine.Stage {
        stage(.helo, facts.hello?.name ?? "", facts.hello == nil ? [] : settings.helo)
    }

    private func sender(_ facts: RestrictionFacts) -> RestrictionMachine.Stage {
        var rules = settings.sender
        if settings.rejectsUnlistedSender { rules.append(.rejectUnlisted(.sender)) }
        return stage(.sender, facts.sender?.address ?? "", rules)
    }

    private func stage(_ kind: ReplyClass, _ name: String, _ rules: [Restriction], begins: Bool = true)
        -> RestrictionMachine.Stage
    {
        RestrictionMachine.Stage(kind, name, rules, begins: begins)
    }

    private func machine(
        _ stages: [RestrictionMachine.Stage],
        _ facts: RestrictionFacts,
        _ deferred: Reply?,
        concludes: Bool = false,
        checksRecipient: Bool = false
    ) -> RestrictionMachine {
        RestrictionMachine(
            stages,
            facts: facts,
            settings: settings,
            relay: relay,
            deferred: deferred,
            concludes: concludes,
            checksRecipient: checksRecipient
        )
    }
}
