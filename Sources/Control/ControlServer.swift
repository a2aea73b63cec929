// SPDX-License-Identifier: Apache-2.0

package import Balancing
package import Delivery
package import NIOCore
package import Spooling
package import Statistics
import Synchronization

/// Owns the stats sockets of the process: opens them, answers on them, follows a reload, and closes them last.
package final class ControlServer: Sendable {
    private struct State {
        var settings: ControlSettings
        var listeners: [StatsListener] = []
    }

    /// Threads that run commands: one slow disk command leaves the other one for `show stat`.
    private static let commandThreads = 2

    private let state: Mutex<State>
    private let gate: ClientGate
    private let loop: any EventLoop
    private let workers: StatsWorkers
    private let operations: ControlOperations
    private let inheritedSocket: @Sendable (BindSettings.Address) -> Int32?
    private let log: any LogSink
    private let pages: PageServer

    /// - Parameters:
    ///   - group: one of its event loops serves all clients.
    ///   - inheritedSocket: the descriptor that systemd passed for an address or a name; it is duplicated, never closed.
    ///   - history: the last log lines, for `trace`.
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - counters: what pools count, for the page and metrics.
    ///   - failures: what the page shows as recent failures.
    ///   - uptime: the clock that the roles feed their rate meters with, milliseconds.
    package convenience init(
        settings: ControlSettings,
        facts: ProcessFacts,
        balancer: Balancer,
        courier: Courier?,
        spool: (any Spool)?,
        group: any EventLoopGroup,
        inheritedSocket: @escaping @Sendable (BindSettings.Address) -> Int32?,
        log: any LogSink,
        history: TraceHistory? = nil,
        now: @escaping @Sendable () -> Int64,
        counters: @escaping @Sendable () -> [CounterGroup] = { [] },
        failures: RecentFailures? = nil,
        uptime: @escaping @Sendable () -> Int64 = { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }
    ) {
        var operations = ControlOperations(
            balancer: BalancerOperations(balancer),
            courier: courier,
            spool: spool,
            facts: facts,
            now: now,
            uptime: uptime
        )
        operations.history = history
        operations.counters = counters
        operations.failures = failures
        self.init(
            settings: settings,
            operations: operations,
            group: group,
            inheritedSocket: inheritedSocket,
            log: log
        )
    }

    /// A server over any operations: for tests, and for processes without a balancer.
    package init(
        settings: ControlSettings,
        operations: ControlOperations,
        group: any EventLoopGroup,
        inheritedSocket: @escaping @Sendable (BindSettings.Address) -> Int32?,
        log: any LogSink
    ) {
        state = Mutex(State(settings: settings))
        gate = ClientGate(limit: settings.maximumConnections)
        loop = group.next()
        workers = StatsWorkers(threads: Self.commandThreads)
        self.operations = operations
        self.inheritedSocket = inheritedSocket
        self.log = log
        pages = PageServer(operations: operations, loop: loop, inheritedSocket: inheritedSocket, log: log)
    }

    /// Opens every socket; returns when all of them accept.
    ///
    /// - Throws: `ControlError`; no socket is open then.
    package func start() async throws {
        let settings = state.withLock { $0.settings }
        workers.start()
        do {
            try await open(settings.sockets)
            pages.start()
            try await pages.apply(settings.pages)
        } catch {
            await shutDown()
            throw error
        }
    }

    /// Takes new settings: sockets that did not change stay open, and so do clients.
    ///
    /// - Throws: `ControlError`; the former settings stay in force then.
    package func reload(_ settings: ControlSettings) async throws {
        let kept = state.withLock { $0.listeners.map(\.settings) }
        try await pages.apply(settings.pages)
        try await open(settings.sockets.filter { !kept.contains($0) })
        let dropped = state.withLock { state in
            state.settings = settings
            let dropped = state.listeners.filter { !settings.sockets.contains($0.settings) }
            state.listeners.removeAll { !settings.sockets.contains($0.settings) }
            return dropped
        }
        for listener in dropped { await listener.close() }
        gate.change(limit: settings.maximumConnections)
    }

    /// Closes the sockets and every client, and ends the threads.
    package func shutDown() async {
        let listeners = state.withLock { state in
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { await listener.close() }
        gate.closeAll()
        await pages.shutDown()
        await workers.shutDown()
    }

    /// The port of the first TCP socket: the one the kernel chose where the settings say 0.
    package var port: Int? { state.withLock { $0.listeners.compactMap(\.port).first } }

    /// The port of the first page with a TCP address.
    package var pagePort: Int? { pages.port }

    private func open(_ sockets: [StatsSocketSettings]) async throws {
        var opened: [StatsListener] = []
        do {
            for settings in sockets {
                opened.append(
                    try await StatsListener.open(
                        settings,
                        on: loop,
                        gate: gate,
                        service: service,
                        inherited: inheritedSocket,
                        report: operations.report(to: log),
                        timeout: { [weak self] in self?.state.withLock { $0.settings.timeout } ?? 10_000 }
                    )
                )
            }
        } catch {
            for listener in opened { await listener.close() }
            throw error
        }
        state.withLock { $0.listeners += opened }
    }

    private var service: StatsService {
        var operations = operations
        operations.sockets = { [weak self] in self?.state.withLock { $0.listeners.map(\.settings) } ?? [] }
        let workers = workers
        return StatsService(operations: operations, workers: { workers.run(on: $0, $1) }, log: log)
    }
}

/// Why a stats socket could not be opened.
package struct ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The socket as the configuration names it.
    package var socket: String
    /// What the kernel said, or what is wrong with the file's place.
    package var reason: String

    /// An error of one socket.
    package init(socket: String, reason: String) {
        self.socket = socket
        self.reason = reason
    }

    package var description: String { "stats socket \(socket): \(reason)" }
}
