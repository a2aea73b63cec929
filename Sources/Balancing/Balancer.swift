// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import SMTP
package import Statistics
import Synchronization

/// How the balancer hands a connection to a pool: called on the channel's event loop with the accepted channel, which is
/// active and whose pipeline the pool fills, and with the encoded PROXY header that the pool's decoder must read first.
package typealias PoolEntrance = @Sendable (_ channel: any Channel, _ header: ByteBuffer) -> Void

/// How listeners get a socket that somebody else opened: the descriptor for a systemd name, or for an address that one of
/// the inherited sockets is bound to. Nil: there is none, the listener binds by itself.
package typealias InheritedSockets = @Sendable (_ address: BindSettings.Address) -> Int32?

/// Owns frontends, backends and every session between them.
package final class Balancer: Sendable {
    /// What is configured at the moment.
    struct State: Sendable {
        var settings: BalancerSettings
        var pools: [String: PoolEntrance]
        var frontends: [String: Frontend] = [:]
        var backends: [String: Backend] = [:]
        var listeners: [FrontendListener] = []
        var checkers: [HealthChecker] = []
        var rules: RuleResources?
    }

    let switchboard: Switchboard
    let state: Mutex<State>
    private let group: any EventLoopGroup
    private let inherited: InheritedSockets
    private let poolTrouble: @Sendable () -> String?

    /// - Parameters:
    ///   - pools: the entrances of this process's pools, by name.
    ///   - inherited: where inherited sockets come from.
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - zoneOffset: seconds east of UTC at a time of that clock, for the dates in log lines.
    ///   - process: the process's number, for `unique-id-format`.
    ///   - poolTrouble: why the pools of the process can take no mail now, nil while they can; asked by their checks.
    package init(
        settings: BalancerSettings,
        group: any EventLoopGroup,
        pools: [String: PoolEntrance],
        inherited: @escaping InheritedSockets,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        zoneOffset: @escaping @Sendable (_ time: Int64) -> Int = { _ in 0 },
        process: Int = 0,
        poolTrouble: @escaping @Sendable () -> String? = { nil }
    ) {
        let names = Environment.Names(hostname: settings.hostname, logTag: settings.logTag)
        switchboard = Switchboard(
            environment: Environment(names: names, log: log, clock: now, zoneOffset: zoneOffset, process: process),
            connectionLimit: settings.maximumConnections
        )
        state = Mutex(State(settings: settings, pools: pools))
        self.group = group
        self.inherited = inherited
        self.poolTrouble = poolTrouble
    }

    /// Opens every listener, one per event loop, and starts the checks; returns when all of them accept.
    ///
    /// - Throws: `ListenError` with the bind line that failed and why.
    package func start() async throws {
        let settings = state.withLock { $0.settings }
        apply(settings)
        try await listen(settings)
        startChecks()
    }

    /// Takes new settings: frontends and servers that did not change keep their listeners, counters and state. Sessions of
    /// frontends that are gone are asked to end. Call it neither beside another reload nor beside a stop.
    ///
    /// - Parameter pools: the entrances of this process's pools, where they changed as well.
    /// - Throws: `ListenError`; the listeners that could be opened are open then, and the old ones that stay are untouched.
    package func reload(_ settings: BalancerSettings, pools: [String: PoolEntrance]? = nil) async throws {
        if let pools { state.withLock { $0.pools = pools } }
        switchboard.environment.rename(.init(hostname: settings.hostname, logTag: settings.logTag))
        switchboard.gate.setLimit(settings.maximumConnections)
        apply(settings)
        startChecks()
        // why before the listeners: one that cannot be opened must not keep them. Who comes meanwhile is asked when it begins.
        for session in switchboard.registry.all where session.frontend.isRetired { session.stop() }
        try await listen(settings)
    }

    /// Closes the listeners, asks every session to end at its next transaction boundary, and returns when all have ended
    /// or `grace` milliseconds have passed; then it closes what is left.
    ///
    /// A connection that still waits for its PROXY header goes on waiting, for `headerTimeout` at most; the session that the
    /// header begins is asked at once.
    package func shutDown(grace: Int) async {
        let (listeners, checkers, frontends) = state.withLock { state in
            defer { (state.listeners, state.checkers) = ([], []) }
            return (state.listeners, state.checkers, state.frontends.values)
        }
        for checker in checkers { checker.stop() }
        for listener in listeners { await listener.close() }
        for frontend in frontends { frontend.retire() }
        for session in switchboard.registry.all { session.stop() }
        let deadline = NIODeadline.now() + .milliseconds(Int64(grace))
        while switchboard.gate.current > 0, .now() < deadline {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        let left = switchboard.registry.all.map(\.channel) + switchboard.arrivals.all
        for channel in left { channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .killed)) }
        for channel in left { try? await channel.close().get() }
    }

    /// Where a frontend listens; port 0 in the settings has become a number here.
    package func addresses(of frontend: String) -> [SocketAddress] {
        state.withLock { $0.listeners }.filter { $0.frontend.name == frontend }.compactMap(\.localAddress)
    }

    // MARK: From settings to parts

    /// Makes frontends and backends what the settings say, keeping those that are there already.
    private func apply(_ settings: BalancerSettings) {
        state.withLock { state in
            var backends: [String: Backend] = [:]
            for var backend in settings.backends {
                backend.fullConnections = settings.fullConnections(of: backend)
                backends[backend.name] = make(backend, from: state.backends[backend.name], pools: state.pools)
            }
            let rules = RuleResources(settings, backends: backends, keeping: state.rules)
            state.rules = rules
            var frontends: [String: Frontend] = [:]
            for frontend in settings.frontends {
                let plan = Frontend.Plan(
                    settings: frontend,
                    backend: frontend.defaultBackend.flatMap { backends[$0] },
                    rules: RulePlan(frontend, rules)
                )
                if let old = state.frontends[frontend.name] {
                    old.replace(plan)
                    frontends[frontend.name] = old
                } else {
                    frontends[frontend.name] = Frontend(plan)
                }
            }
            for (name, frontend) in state.frontends where frontends[name] == nil { frontend.retire() }
            (state.settings, state.backends, state.frontends) = (settings, backends, frontends)
        }
        switchboard.gate.resume()
    }

    private func make(_ settings: BackendSettings, from old: Backend?, pools: [String: PoolEntrance]) -> Backend {
        let now = switchboard.environment.uptime
        let entry = { (new: ServerSettings, kept: ServerTable.Entry?) in
            var entrance: PoolEntrance?
            if case .pool(let name) = new.target { entrance = pools[name] }
            return ServerTable.Entry(new, in: settings.name, entrance: entrance, keeping: kept, now: now)
        }
        guard let old else {
            return Backend(
                settings: settings,
                servers: settings.servers.map { entry($0, nil) },
                environment: switchboard.environment,
                registry: switchboard.registry
            )
        }
        old.replace(settings: settings, make: entry)
        return old
    }

    /// Opens listeners that are missing and closes those that are not wanted any more.
    private func listen(_ settings: BalancerSettings) async throws {
        var (old, frontends) = state.withLock { ($0.listeners, $0.frontends) }
        var missing: [FrontendListener.Attachment] = []
        var listeners: [FrontendListener] = []
        for frontend in settings.frontends where !frontend.disabled {
            for (index, bind) in frontend.binds.enumerated() {
                guard let owner = frontends[frontend.name] else { continue }
                let attachment = FrontendListener.Attachment(frontend: owner, bind: bind, position: index + 1)
                if let place = old.firstIndex(where: { $0.address == bind.address }) {
                    let listener = old.remove(at: place)
                    listener.attach(attachment)
                    listeners.append(listener)
                } else {
                    missing.append(attachment)
                }
            }
        }
        for listener in old { await listener.close() }
        let switchboard = switchboard
        for attachment in missing {
            let listener = FrontendListener(attachment)
            do {
                try await listener.open(
                    on: group,
                    inherited: inherited,
                    gate: switchboard.gate,
                    environment: switchboard.environment,
                    initializer: { try Balancer.initialize($0, $1, switchboard) }
                )
            } catch {
                state.withLock { $0.listeners = listeners }
                throw error
            }
            listeners.append(listener)
        }
        state.withLock { $0.listeners = listeners }
    }

    /// What stands in an accepted channel from its first moment.
    private static func initialize(
        _ channel: any Channel,
        _ listener: FrontendListener,
        _ switchboard: Switchboard
    ) throws {
        let attachment = listener.attachment(of: channel)
        let metering = MeteringHandler(switchboard: switchboard, listener: attachment)
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(metering)
        } catch {
            switchboard.gate.leave(attachment.frontend)
            throw error
        }
        if attachment.bind.acceptProxy {
            try pipeline.addHandler(
                ProxyHeaderHandler(metering: metering, context: pipeline.context(handler: metering))
            )
        }
    }

    /// Checks the servers that want it, those of a backend spread over their interval.
    private func startChecks() {
        let (old, backends) = state.withLock { ($0.checkers, $0.backends) }
        let loops = Array(group.makeIterator())
        for checker in old { checker.stop() }
        var checkers: [HealthChecker] = []
        for backend in backends.values {
            let servers = backend.snapshot.entries.map(\.server).filter(\.settings.check)
            for (index, server) in servers.enumerated() {
                let checker = HealthChecker(
                    server: server,
                    backend: backend,
                    loop: loops[checkers.count % loops.count],
                    poolTrouble: poolTrouble
                )
                checker.start(after: server.settings.checkInterval * index / servers.count)
                checkers.append(checker)
            }
        }
        state.withLock { $0.checkers = checkers }
    }
}
