// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The tables of `transport_maps`: reads them, and looks once a second whether their files have changed.
///
/// A file that is gone, or has a mistake in it, leaves what was read before in force.
final class TransportShelf: Sendable {
    private static let interval = TimeAmount.seconds(1)

    private struct Shelved {
        var table: TransportTable?
        var stamp: TransportFiles.Stamp?
        /// What was told about the file last; told once.
        var problem: String?
    }

    private struct State {
        var settings: DeliverySettings
        var tables: [TransportSource: Shelved] = [:]
        var isWatching = false
        var isLooking = false
    }

    private let files: TransportFiles
    private let loop: any EventLoop
    private let tell: @Sendable (String) -> Void
    private let changed: @Sendable (Router) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - tell: takes a sentence for the log.
    ///   - changed: hears of the router that changed tables make.
    init(
        _ settings: DeliverySettings,
        files: TransportFiles,
        loop: any EventLoop,
        tell: @escaping @Sendable (String) -> Void,
        changed: @escaping @Sendable (Router) -> Void
    ) {
        self.files = files
        self.loop = loop
        self.tell = tell
        self.changed = changed
        state = Mutex(State(settings: settings))
    }

    /// The router that settings and tables make now.
    var router: Router {
        state.withLock { state in
            Router(
                tables: state.settings.routing.transportTables.map { state.tables[$0]?.table },
                relayHost: state.settings.relayHost,
                port: state.settings.routing.port
            )
        }
    }

    /// Takes settings, and reads what they name. Waits for the disk.
    func load(_ settings: DeliverySettings) -> Router {
        let port = settings.routing.port
        let begins = state.withLock { state in
            if state.settings.routing.port != port { state.tables = [:] }
            state.settings = settings
            let wanted = Set(settings.routing.transportTables)
            state.tables = state.tables.filter { wanted.contains($0.key) }
            for case .inline(let text) in settings.routing.transportTables {
                state.tables[.inline(text)] = Shelved(table: TransportTable(text.utf8, port: port))
            }
            let hasFiles = settings.routing.transportTables.contains { if case .file = $0 { true } else { false } }
            guard hasFiles, !state.isWatching else { return false }
            state.isWatching = true
            return true
        }
        _ = refresh()
        if begins { watch() }
        return router
    }

    /// Reads the files that have changed; true when a table is another now.
    private func refresh() -> Bool {
        let (sources, port) = state.withLock { ($0.settings.routing.transportTables, $0.settings.routing.port) }
        var hasChanged = false
        for case .file(let path) in sources {
            let source = TransportSource.file(path: path)
            let former = state.withLock { $0.tables[source] } ?? Shelved()
            var new = former
            do {
                let stamp = try files.stamp(path)
                if stamp == former.stamp { continue }
                let bytes = try files.read(path)
                // why: somebody is writing it, and half a table is worse than an old one.
                if former.table != nil, try files.stamp(path) != stamp { continue }
                let table = TransportTable(bytes, port: port)
                new.stamp = stamp
                if let mistake = table.mistakes.first {
                    new.problem = "\(path):\(mistake.line): \(mistake.message)"
                } else {
                    new.table = table
                    new.problem = nil
                    hasChanged = true
                    if former.table != nil { tell("\(path) has changed: \(table.count) entries are in force") }
                }
            } catch {
                new.stamp = nil
                new.problem = "\(error)"
            }
            if let problem = new.problem, problem != former.problem {
                tell(
                    "warning: \(problem): "
                        + (former.table == nil
                            ? "mail waits until it can be read" : "what was read before stays in force")
                )
            }
            state.withLock { state in
                if state.settings.routing.transportTables.contains(source) { state.tables[source] = new }
            }
        }
        return hasChanged
    }

    private func watch() {
        loop.scheduleRepeatedTask(initialDelay: TransportShelf.interval, delay: TransportShelf.interval) {
            [weak self] task in
            guard let self else { return task.cancel() }
            look()
        }
    }

    private func look() {
        let begins = state.withLock { state in
            // why: a disk that hangs must not collect looks at it.
            guard !state.isLooking, !state.tables.isEmpty else { return false }
            state.isLooking = true
            return true
        }
        guard begins else { return }
        HopDialer.offLoop { [self] in
            let hasChanged = refresh()
            state.withLock { $0.isLooking = false }
            if hasChanged { changed(router) }
        }
    }
}
