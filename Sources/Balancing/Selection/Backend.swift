// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Statistics
import Synchronization

/// The user event that tells a waiting session that its turn has come.
struct ServerAssigned: Sendable {}

/// Owns a backend: its servers' table behind a lock that is never held across a call out, its counters, and its log lines.
final class Backend: Sendable {
    let name: String
    let statistics: ProxyStatistics
    private let table: Mutex<ServerTable>
    private let environment: Environment
    /// Where the sessions of servers are found that go down or come up.
    private let registry: SessionRegistry
    /// Whether somebody looks after a server that comes up slowly.
    private let isFollowingRise = Atomic<Bool>(false)

    init(
        settings: BackendSettings,
        servers: [ServerTable.Entry],
        environment: Environment,
        registry: SessionRegistry
    ) {
        self.registry = registry
        name = settings.name
        statistics = ProxyStatistics()
        self.environment = environment
        table = Mutex(ServerTable(settings: settings, entries: servers, now: environment.uptime))
    }

    /// A copy of the table at this moment, for those who print.
    var snapshot: ServerTable { table.withLock { $0 } }
    var settings: BackendSettings { table.withLock { $0.settings } }
    /// Whether a session that has been to these servers in vain can be sent to another one.
    func hasAlternative(to failed: [String]) -> Bool { table.withLock { $0.hasAlternative(to: failed) } }
    /// Whether a failed connect to the server may be followed by one to another server at once.
    func mayLeave(_ server: Server) -> Bool {
        table.withLock { table in
            table.rotates || table.index(of: server.name).map { !table.entries[$0].isRunning } ?? true
        }
    }

    /// Whether clients of this backend speak SMTP, so that they are told why they are turned away.
    var speaksSMTP: Bool {
        table.withLock { table in table.settings.speaksSMTP ?? table.entries.contains { $0.server.isPool } }
    }

    /// A session comes to this backend.
    func enter() {
        statistics.sessions.enter()
        statistics.sessionRate.tick(at: environment.uptime)
    }

    /// A session that came has ended.
    func exit() {
        statistics.sessions.leave()
    }

    /// A session asks for a server. Where it has to wait, `channel` gets a `ServerAssigned` event when its turn comes.
    ///
    /// - Parameters:
    ///   - source: the client's address.
    ///   - failed: servers that the session has been to in vain.
    func acquire(
        for id: UInt64,
        on channel: any Channel,
        source: SocketAddress?,
        avoiding failed: [String] = []
    ) -> ServerTable.Decision {
        let now = environment.uptime
        var (decision, others) = table.withLock { table in
            var hash: UInt32 = table.settings.algorithm == .source ? SourceHash.of(source) : 0
            if table.settings.mixesHash { hash = SourceHash.mixed(hash) }
            let waiter = WaitingLine.Waiter(id: id, channel: channel, source: hash)
            let decision = table.acquire(waiter, source: hash, avoiding: failed, now: now)
            guard case .wait = decision else { return (decision, [ServerTable.Assignment]()) }
            return (decision, table.joined(now: now))
        }
        if let own = others.firstIndex(where: { $0.waiter.id == id }) {
            others.remove(at: own)
            if let server = table.withLock({ $0.claim(id) }) { decision = .server(server) }
        }
        for other in others { notify(other) }
        switch decision {
        case .server(let server): count(server, at: now)
        case .wait:
            statistics.queue.enter()
            followRise()
        case .unavailable: break
        }
        return decision
    }

    /// The session's turn has come: the server it got, nil when it had given up.
    func claim(_ id: UInt64) -> Server? {
        guard let server = table.withLock({ $0.claim(id) }) else { return nil }
        statistics.queue.leave()
        count(server, at: environment.uptime)
        return server
    }

    /// A waiting session gives up.
    func abandon(_ id: UInt64) {
        statistics.queue.leave()
        let now = environment.uptime
        let next = table.withLock { table in table.abandon(id).flatMap { table.leave($0, now: now) } }
        if let next { notify(next) }
    }

    /// A session leaves its server.
    func leave(_ server: Server) {
        server.statistics.sessions.leave()
        let now = environment.uptime
        if let next = table.withLock({ $0.leave(server, now: now) }) { notify(next) }
    }

    /// A finished session's times, milliseconds.
    func record(queue: Int, connect: Int, total: Int, at server: Server) {
        table.withLock { table in
            table.times.add(queue: queue, connect: connect, total: total)
            guard let index = table.index(of: server.name) else { return }
            table.entries[index].times.add(queue: queue, connect: connect, total: total)
        }
    }

    private func count(_ server: Server, at now: Int64) {
        server.statistics.sessions.enter()
        server.statistics.sessionRate.tick(at: now)
        server.statistics.selections.add()
        statistics.selections.add()
    }

    /// why later, also on its own event loop: it may leave again at once, and so may the next one. A line would be served inside of itself
    /// until the stack ends, and who has just joined it would be told before it listens.
    private func notify(_ assignment: ServerTable.Assignment) {
        let channel = assignment.waiter.channel
        channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ServerAssigned()) }
    }

    /// Something may have made room: everybody who can be served gets a server.
    private func serveWaiting() {
        let now = environment.uptime
        while let next = table.withLock({ $0.nextAssignment(now: now) }) { notify(next) }
        followRise()
    }

    /// A server that comes up slowly takes more by the second: looks again while somebody waits for it, as often as HAProxy at
    /// most.
    private func followRise() {
        let now = environment.uptime
        guard let loop = table.withLock({ $0.loopWaitingForRise(at: now) }),
            !isFollowingRise.exchange(true, ordering: .relaxed)
        else { return }
        loop.scheduleTask(in: .seconds(1)) {
            self.isFollowingRise.store(false, ordering: .relaxed)
            self.serveWaiting()
        }
    }
}

// What operators, checks and reloads change.
extension Backend {
    private static let maximumWeight = 256

    func set(_ server: String, to state: AdministrativeState) throws(OperationError) {
        try change(server) { $0.set($1, to: state, now: $2) }
    }

    func set(_ server: String, weight: Int, relative: Bool) throws(OperationError) {
        let initial = try weights(of: server).initial
        guard weight >= 0, relative || weight <= Backend.maximumWeight else { throw .valueOutOfRange }
        // A percentage is cut to what the result can be, as HAProxy does.
        let weight = relative ? min(initial * min(weight, 25_600) / 100, Backend.maximumWeight) : weight
        try change(server) { $0.set($1, weight: weight, now: $2) }
    }

    func weights(of server: String) throws(OperationError) -> (current: Int, initial: Int) {
        let snapshot = snapshot
        guard let index = snapshot.index(of: server) else { throw .noSuchServer }
        return (snapshot.entries[index].weight, snapshot.entries[index].server.settings.weight)
    }

    /// A check came back; nil when the server is gone, or a reload has put another one in its place, else the pace of the next check.
    func checked(_ server: Server, _ result: CheckResult) -> HealthMachine.Pace? {
        try? change(server.name, if: server) { $0.checked($1, result, now: $2) }
        let snapshot = snapshot
        guard let index = snapshot.index(of: server.name), snapshot.entries[index].server === server else { return nil }
        return snapshot.entries[index].health?.pace
    }

    /// A connection of a session stands, or could not be made.
    func connected(_ server: Server, _ succeeded: Bool) {
        guard server.settings.observes else { return }
        guard !succeeded else { return server.connectErrors.succeeded() }
        guard server.connectErrors.failed(limit: server.settings.observation.errorLimit) else { return }
        try? change(server.name, if: server) { $0.observed($1, now: $2) }
        server.hurry.withLock { $0 }?()
    }

    private func endSessions(of servers: [String], _ reason: SessionEndRequest.Reason) {
        for session in registry.all {
            let facts = session.current
            if facts.backend == name, servers.contains(facts.server) { session.end(reason) }
        }
    }

    /// Whether a check is wanted now: not in maintenance.
    func wantsCheck(_ server: String) -> Bool {
        let snapshot = snapshot
        return snapshot.index(of: server).map { !snapshot.entries[$0].isInMaintenance } ?? false
    }

    /// Takes new settings. Sessions come and go meanwhile: what is kept of a server is what it is at that moment.
    func replace(settings: BackendSettings, make: (ServerSettings, _ kept: ServerTable.Entry?) -> ServerTable.Entry) {
        let now = environment.uptime
        table.withLock { $0.replace(settings: settings, now: now, make: make) }
        serveWaiting()
    }

    /// - Parameter expected: whom the change is about, where it must not meet another server that a reload has put in its place.
    private func change(
        _ server: String,
        if expected: Server? = nil,
        _ body: (inout ServerTable, Int, Int64) -> [StateLine]
    ) throws(OperationError) {
        let now = environment.uptime
        let found = table.withLock { table in
            let index = table.index(of: server).flatMap { index in
                expected == nil || table.entries[index].server === expected ? index : nil
            }
            return index.map { index in
                let before = table.entries[index]
                return (lines: body(&table, index, now), ending: table.sessionsToEnd(index, before: before))
            }
        }
        guard let found else { throw .noSuchServer }
        for line in found.lines { environment.log(line.severity, line.text) }
        if let ending = found.ending { endSessions(of: ending.servers, ending.reason) }
        serveWaiting()
    }
}
