// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Statistics
import Synchronization

/// Owns the pages of the process: opens them, follows a reload, takes the charts' samples, and closes them.
final class PageServer: Sendable {
    private struct State {
        var pages: [String: PageSettings] = [:]
        var listeners: [PageListener] = []
        var gates: [String: ClientGate] = [:]
        var sampler: RepeatedTask?
    }

    /// Threads that make answers: the count of a long queue leaves the other one for `/healthz`.
    private static let threads = 2

    let service: PageService
    private let state = Mutex(State())
    private let loop: any EventLoop
    private let workers = StatsWorkers(threads: PageServer.threads)
    private let inheritedSocket: @Sendable (BindSettings.Address) -> Int32?
    private let report: ListeningSockets.Report

    init(
        operations: ControlOperations,
        loop: any EventLoop,
        inheritedSocket: @escaping @Sendable (BindSettings.Address) -> Int32?,
        log: any LogSink
    ) {
        service = PageService(operations: operations, log: log)
        self.loop = loop
        self.inheritedSocket = inheritedSocket
        report = operations.report(to: log)
    }

    /// Starts the threads that make answers.
    func start() {
        workers.start()
    }

    /// Opens what is new in `pages` and closes what is gone; clients and addresses that stay see the new settings.
    ///
    /// - Throws: `ControlError`; what was open before stays open then.
    func apply(_ pages: [PageSettings]) async throws {
        let known = state.withLock { state in
            for page in pages where state.pages[page.name] == nil { state.pages[page.name] = page }
            for page in pages where state.gates[page.name] == nil {
                state.gates[page.name] = ClientGate(limit: page.maximumClients)
            }
            return state.listeners.map { Place(page: $0.page, address: $0.address) }
        }
        var opened: [PageListener] = []
        do {
            for page in pages {
                for listener in page.listeners
                where !known.contains(Place(page: page.name, address: listener.address)) {
                    opened.append(try await open(listener, of: page))
                }
            }
        } catch {
            for listener in opened { await listener.close() }
            throw error
        }
        let wanted = pages.flatMap { page in page.listeners.map { Place(page: page.name, address: $0.address) } }
        let gone = state.withLock { [opened] state in
            state.pages = Dictionary(pages.map { ($0.name, $0) }) { first, _ in first }
            for page in pages { state.gates[page.name]?.change(limit: page.maximumClients) }
            let gone = state.listeners.filter { !wanted.contains(Place(page: $0.page, address: $0.address)) }
            state.listeners.removeAll { !wanted.contains(Place(page: $0.page, address: $0.address)) }
            state.listeners += opened
            return gone
        }
        for listener in gone { await listener.close() }
        sample(pages.contains { $0.hasPage })
    }

    /// Closes the pages and every client, and ends the threads.
    func shutDown() async {
        let (listeners, gates, sampler) = state.withLock { state in
            defer { state = State() }
            return (state.listeners, Array(state.gates.values), state.sampler)
        }
        sampler?.cancel()
        for listener in listeners { await listener.close() }
        for gate in gates { gate.closeAll() }
        await workers.shutDown()
    }

    /// The port of the first TCP address: the one the kernel chose where the settings say 0.
    var port: Int? { state.withLock { $0.listeners.compactMap(\.port).first } }

    private struct Place: Equatable {
        var page: String
        var address: BindSettings.Address
    }

    private func open(_ listener: PageSettings.Listener, of page: PageSettings) async throws -> PageListener {
        let gate = state.withLock { $0.gates[page.name] } ?? ClientGate(limit: page.maximumClients)
        return try await PageListener.open(
            listener,
            of: page.name,
            on: loop,
            gate: gate,
            inherited: inheritedSocket,
            report: report,
            makeHandler: { self.handler(of: page.name) }
        )
    }

    private func settings(of page: String) -> PageSettings? { state.withLock { $0.pages[page] } }

    private func handler(of page: String) -> PageHandler? {
        guard let settings = settings(of: page) else { return nil }
        return PageHandler(settings: settings) { [self] request, loop in
            workers.run(on: loop) { [self] in
                // why asked again: a kept connection outlives a reload.
                guard let settings = self.settings(of: page) else { return .words(503, "the page is gone") }
                return service.answer(request, settings)
            }
        }
    }

    /// Begins or ends taking samples for the charts.
    private func sample(_ isWanted: Bool) {
        let running = state.withLock { $0.sampler }
        guard isWanted != (running != nil) else { return }
        running?.cancel()
        let service = service
        let workers = workers
        let interval = TimeAmount.seconds(Int64(PageHistory.interval))
        let next =
            !isWanted
            ? nil
            : loop.scheduleRepeatedAsyncTask(initialDelay: .zero, delay: interval) { [loop] _ in
                workers.run(on: loop) { service.sample() }
            }
        state.withLock { $0.sampler = next }
    }
}
