// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import Synchronization

/// The tables of `transport_maps`: reads them, and looks once a second whether their files have changed.
final class TransportShelf: Sendable {
    private struct State {
        var settings: DeliverySettings
        /// Those that stand in the configuration itself, by their text.
        var inline: [String: TransportTable] = [:]
        var files: [String: WatchedFiles<TransportTable>] = [:]
    }

    private let files: FileAccess
    private let watch: FileWatch
    private let tell: @Sendable (String) -> Void
    private let changed: @Sendable (TransportShelf) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - tell: takes a sentence for the log.
    ///   - changed: hears that tables have changed, and make another router.
    init(
        _ settings: DeliverySettings,
        files: FileAccess,
        loop: any EventLoop,
        tell: @escaping @Sendable (String) -> Void,
        changed: @escaping @Sendable (TransportShelf) -> Void
    ) {
        self.files = files
        self.tell = tell
        self.changed = changed
        watch = FileWatch(files: files, eventLoop: loop)
        state = Mutex(State(settings: settings))
    }

    /// The router that settings and tables make now.
    var router: Router {
        state.withLock { state in
            Router(
                tables: state.settings.routing.transportTables.map { source in
                    switch source {
                    case .inline(let text): state.inline[text]
                    case .file(let path): state.files[path]?.content
                    }
                },
                relayHost: state.settings.relayHost,
                port: state.settings.routing.port
            )
        }
    }

    /// Takes settings, and reads what they name. Waits for the disk.
    func load(_ settings: DeliverySettings) -> Router {
        let port = settings.routing.port
        let hasFiles = state.withLock { state in
            let known = state.settings.routing.port == port ? state.files : [:]
            state.settings = settings
            state.inline = [:]
            state.files = [:]
            for source in settings.routing.transportTables {
                switch source {
                case .inline(let text): state.inline[text] = TransportTable(Array(text.utf8), port: port)
                case .file(let path): state.files[path] = known[path] ?? file(path, port: port)
                }
            }
            return !state.files.isEmpty
        }
        _ = refresh()
        if hasFiles {
            watch.begin { [weak self] in
                guard let self, refresh() else { return }
                changed(self)
            }
        }
        return router
    }

    private func file(_ path: String, port: Int) -> WatchedFiles<TransportTable> {
        WatchedFiles([path], limit: TransportTable.byteLimit, files: files) { bytes in
            let table = TransportTable(bytes.first ?? [], port: port)
            if let mistake = table.mistakes.first { throw WrongTable(path, mistake) }
            return table
        }
    }

    /// Reads the files that have changed; true when a table is another now.
    private func refresh() -> Bool {
        var hasChanged = false
        let (sources, files) = state.withLock { ($0.settings.routing.transportTables, $0.files) }
        for case .file(let path) in sources {
            guard let file = files[path] else { continue }
            switch file.refresh() {
            case .unchanged: break
            case .read(let isFirst):
                hasChanged = true
                if !isFirst { tell("\(path) has changed: \(file.content?.count ?? 0) entries are in force") }
            case .kept(let reason):
                let consequence =
                    file.content == nil
                    ? "mail waits until it can be read" : "what was read before stays in force"
                tell("warning: \(reason): \(consequence)")
            }
        }
        return hasChanged
    }
}
