// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics
import Synchronization

/// The table of a list as it is now; nil when it could never be read.
typealias TableSource = @Sendable () -> LookupTable?

/// The access tables of one pool: reads the files that its settings name, and looks once a second whether they changed.
final class TableShelf: Sendable {
    private static let interval = TimeAmount.seconds(1)

    private struct State {
        var tables: [TableFile.Key: TableFile] = [:]
        var isWatching = false
        var isLooking = false
        var identifier = ""
    }

    private let files: TableFiles
    private let eventLoop: any EventLoop
    private let log: any LogSink
    private let state = Mutex(State())

    init(files: TableFiles, eventLoop: any EventLoop, log: any LogSink) {
        self.files = files
        self.eventLoop = eventLoop
        self.log = log
    }

    /// The screening list of the settings with its tables, and the tables that restrictions look things up in; a source
    /// gives nil for a table that could never be read. New files are read now; those of earlier settings are let go.
    func open(_ settings: PoolSettings) -> (screening: AccessPolicy, tables: [TableName: TableSource]) {
        let known = state.withLock { state in
            state.identifier = "\(settings.syslogName)/smtpd"
            return state.tables
        }
        var wanted: [TableFile.Key: TableFile] = [:]
        func file(_ path: String, _ format: TableFormat) -> TableFile {
            let key = TableFile.Key(path: path, format: format)
            let table = wanted[key] ?? known[key] ?? open(key)
            wanted[key] = table
            return table
        }
        let screening = settings.accessList.map { rule -> AccessPolicy.Rule in
            switch rule {
            case .permitNetworks: return .permitNetworks
            case .permit: return .permit
            case .reject: return .reject
            case .table(let path):
                let table = file(path, .screening)
                return .table { table.table?.screening }
            }
        }
        var tables: [TableName: TableSource] = [:]
        for name in settings.restrictions.tables where tables[name] == nil {
            if let entries = name.entries {
                let table = LookupTable(entries, format: name.format)
                tables[name] = { table }
            } else {
                let table = file(name.path, name.format)
                tables[name] = { table.table?.lookup }
            }
        }
        let begins = state.withLock { state in
            state.tables = wanted
            guard !wanted.isEmpty, !state.isWatching else { return false }
            state.isWatching = true
            return true
        }
        if begins { watch() }
        return (AccessPolicy(screening), tables)
    }

    /// The bytes of a file that is read once. Waits for the disk.
    func read(_ path: String) throws -> [UInt8] { try files.read(path) }

    /// Tells the log of something wrong with a file.
    func complain(_ text: String) { write(.error, text) }

    private func open(_ key: TableFile.Key) -> TableFile {
        let table = TableFile(key, files: files)
        if case .kept(let reason) = table.refresh() {
            write(.error, "\(reason): clients that the table is about are asked to come again")
        }
        return table
    }

    private func watch() {
        eventLoop.scheduleRepeatedTask(initialDelay: TableShelf.interval, delay: TableShelf.interval) {
            [weak self] task in
            guard let self else {
                task.cancel()
                return
            }
            look()
        }
    }

    private func look() {
        let tables = state.withLock { state -> [TableFile] in
            // why: a disk that hangs must not collect looks at it.
            guard !state.isLooking, !state.tables.isEmpty else { return [] }
            state.isLooking = true
            return Array(state.tables.values)
        }
        guard !tables.isEmpty else { return }
        files.offload { [self] in
            for table in tables { tell(of: table, table.refresh()) }
            state.withLock { $0.isLooking = false }
        }
    }

    private func tell(of table: TableFile, _ outcome: TableFile.Outcome) {
        switch outcome {
        case .unchanged: break
        case .read(let entries): write(.informational, "\(table.key.path) has changed: \(entries) entries are in force")
        case .kept(let reason): write(.warning, "warning: \(reason): what was read before stays in force")
        }
    }

    private func write(_ severity: Severity, _ text: String) {
        log.write(LogRecord(severity, from: state.withLock { $0.identifier }, text))
    }
}
