// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Owns what the rules of a frontend know and count of one connection, on its event loop.
final class ConnectionRules {
    /// An entry that this connection is counted under.
    struct Tracked {
        let table: StickTable
        let key: IPAddress
    }

    let plan: RulePlan
    private let frontend: Frontend
    private(set) var tracked: [Tracked?] = Array(repeating: nil, count: RuleLimits.counters)
    var source: SocketAddress?
    var destination: SocketAddress?
    var header: ProxyHeader?
    var backend: Backend?
    /// What the client has sent so far, where somebody keeps it.
    var content = ByteBuffer()
    /// Nothing more of the client is waited for.
    var isFinal = true
    /// `expect-proxy` was said.
    private(set) var expectsHeader = false

    init(_ plan: RulePlan, _ frontend: Frontend) {
        self.plan = plan
        self.frontend = frontend
    }

    func judge(_ rules: [Rule], from start: Int = 0) -> RuleOutcome {
        rules.outcome(from: start, on: ConnectionFacts(rules: self, frontend: frontend)) { action in
            perform(action)
        }
    }

    /// The backend that `use_backend` lines lead to.
    func chosenBackend() -> Backend? {
        plan.settings.switching.backend(on: ConnectionFacts(rules: self, frontend: frontend))
            .flatMap { plan.resources.backends[$0] }
    }

    /// Not rejected by anybody: the connection is a session.
    func sessionBegan() {
        for case let entry? in tracked { entry.table.add(to: [.sessions, .sessionRate], of: entry.key) }
    }

    func count(in bytesIn: Int, out bytesOut: Int) {
        for case let entry? in tracked {
            if bytesIn > 0 { entry.table.add(bytesIn, to: [.bytesIn, .bytesInRate], of: entry.key) }
            if bytesOut > 0 { entry.table.add(bytesOut, to: [.bytesOut, .bytesOutRate], of: entry.key) }
        }
    }

    /// The connection has ended: it is no longer counted as one.
    func end() {
        for case let entry? in tracked { entry.table.release(entry.key) }
        tracked = Array(repeating: nil, count: RuleLimits.counters)
    }

    private func perform(_ action: Rule.Action) {
        switch action {
        case .expectProxy:
            expectsHeader = true
        case .track(let counter, let key, let table):
            track(counter, key, table)
        case .incrementGPC0(let counter):
            guard tracked.indices.contains(counter), let entry = tracked[counter] else { return }
            entry.table.add(to: [.gpc0, .gpc0Rate], of: entry.key)
        case .setGPT0(let counter, let value):
            guard tracked.indices.contains(counter), let entry = tracked[counter] else { return }
            _ = entry.table.set([(.gpt0, value)], of: entry.key)
        case .accept, .reject, .silentDrop:
            break
        }
    }

    /// A counter that tracks something already goes on with that, as in HAProxy.
    private func track(_ counter: Int, _ key: Rule.TrackKey, _ table: Int) {
        guard tracked.indices.contains(counter), tracked[counter] == nil,
            plan.resources.tables.indices.contains(table),
            let address = (key.isDestination ? destination : source).flatMap({ IPAddress($0) })
        else { return }
        let length = address.isIPv4 ? 96 + key.maskLength4 : key.maskLength6
        let table = plan.resources.tables[table]
        tracked[counter] = table.track(address.masked(to: length)).map { Tracked(table: table, key: $0) }
    }
}
