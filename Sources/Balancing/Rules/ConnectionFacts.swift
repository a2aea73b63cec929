// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Gives conditions what they ask about a connection.
struct ConnectionFacts: RuleFacts {
    let rules: ConnectionRules
    let frontend: Frontend

    private var resources: RuleResources { rules.plan.resources }

    var isFinal: Bool { rules.isFinal }

    func list(_ index: Int, contains address: IPAddress) -> Bool {
        resources.lists.indices.contains(index) && resources.lists[index].contains(address)
    }

    func sample(_ fetch: Fetch) -> Sample {
        switch fetch {
        case .source: address(rules.source)
        case .destination: address(rules.destination)
        case .sourcePort: Sample(rules.source?.port.map { .number($0) })
        case .destinationPort: Sample(rules.destination?.port.map { .number($0) })
        case .sourceIsLocal: isLocal(rules.source)
        case .destinationIsLocal: isLocal(rules.destination)
        case .receivedProxy: Sample(.truth(rules.header != nil))
        case .authority: value(of: ProxyHeader.authorityType)
        case .uniqueID: value(of: ProxyHeader.uniqueIDType)
        case .always(let value): Sample(.truth(value))
        case .environment(let bytes): Sample(.bytes(bytes))
        case .waitEnd: Sample(rules.isFinal ? .truth(true) : nil, mayChange: !rules.isFinal)
        case .requestLength: Sample(.number(rules.content.readableBytes), mayChange: true)
        case .requestPayload(let offset, let length): payload(offset, length)
        case .frontendConnections(let name):
            // why: another frontend's counters are not within reach, and the reader refuses to ask for them.
            name == nil || name == frontend.name ? number(frontend.statistics.sessions.current) : .none
        case .listenerConnections: number(frontend.statistics.sessions.current)
        case .frontendSessionRate:
            number(frontend.statistics.sessionRate.rate(at: StickTable.now).current)
        case .backendConnections(let name): of(name) { $0.statistics.sessions.current }
        case .backendSessionRate(let name): of(name) { $0.statistics.sessionRate.rate(at: StickTable.now).current }
        case .usableServers(let name): of(name) { $0.snapshot.usableCount }
        case .connectionSlots(let name): of(name) { $0.snapshot.freeSlots }
        case .queue(let name): of(name) { $0.statistics.queue.current }
        case .isTracked(let counter):
            Sample(.truth(rules.tracked.indices.contains(counter) && rules.tracked[counter] != nil))
        case .counter(let counter, let reference): self.counter(counter, of: reference)
        case .increment(let reference): increment(reference)
        }
    }

    private func number(_ value: Int) -> Sample { Sample(.number(value)) }

    private func address(_ address: SocketAddress?) -> Sample {
        Sample(address.flatMap { IPAddress($0) }.map { .address($0) })
    }

    private func isLocal(_ address: SocketAddress?) -> Sample {
        Sample(address.flatMap { IPAddress($0) }.map { .truth(resources.isLocal($0)) })
    }

    private func value(of type: UInt8) -> Sample {
        Sample(rules.header?.values.first { $0.type == type }.map { .bytes($0.value) })
    }

    private func of(_ name: String?, _ value: (Backend) -> Int) -> Sample {
        let backend = name.map { resources.backends[$0] } ?? rules.backend
        return Sample(backend.map { .number(value($0)) })
    }

    private func payload(_ offset: Int, _ length: Int) -> Sample {
        let there = rules.content.readableBytes
        let wanted = length == 0 ? max(0, there - offset) : length
        guard offset + wanted <= there, wanted > 0,
            let bytes = rules.content.getBytes(at: rules.content.readerIndex + offset, length: wanted)
        else { return Sample(nil, mayChange: true) }
        return Sample(.bytes(bytes), mayChange: length == 0)
    }

    private func counter(_ counter: StickCounter, of reference: StickReference) -> Sample {
        switch reference {
        case .source(let table):
            guard resources.tables.indices.contains(table), let address = rules.source.flatMap({ IPAddress($0) }) else {
                return .none
            }
            return Sample(resources.tables[table].value(counter, of: address).map { .number($0) })
        case .tracked(let number, let table):
            guard rules.tracked.indices.contains(number), let entry = rules.tracked[number] else { return .none }
            let other = table.flatMap { resources.tables.indices.contains($0) ? resources.tables[$0] : nil }
            return Sample((other ?? entry.table).value(counter, of: entry.key).map { .number($0) })
        }
    }

    private func increment(_ reference: StickReference) -> Sample {
        switch reference {
        case .source(let table):
            guard resources.tables.indices.contains(table), let address = rules.source.flatMap({ IPAddress($0) }) else {
                return .none
            }
            return Sample(resources.tables[table].increment(address).map { .number($0) })
        case .tracked(let number, _):
            guard rules.tracked.indices.contains(number), let entry = rules.tracked[number] else { return .none }
            return Sample(entry.table.increment(entry.key).map { .number($0) })
        }
    }
}

extension ServerTable {
    /// Servers that may take a session now: the active ones, else the backup ones (`nbsrv`).
    var usableCount: Int { activeCount > 0 ? activeCount : backupCount }

    /// Connections that its servers can still take (`connslots`); a server without a limit makes it unlimited.
    var freeSlots: Int {
        var slots = 0
        for entry in entries where entry.isUsable {
            let limit = entry.server.settings.connectionLimit.maximum
            guard limit > 0 else { return Int(Int32.max) }
            slots += max(0, limit - entry.served)
        }
        return slots
    }
}
