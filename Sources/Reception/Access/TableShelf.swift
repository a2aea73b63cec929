// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import Statistics
import Synchronization

/// The table of a list as it is now; nil when it could never be read.
typealias TableSource = @Sendable () -> LookupTable?

/// The access tables of one pool: reads the files that its settings name, and looks once a second whether they changed.
final class TableShelf: Sendable {
    private struct Key: Hashable {
        let path: String
        let format: TableFormat
    }

    private struct State {
        var tables: [Key: WatchedFiles<TableContent>] = [:]
        var identifier = ""
    }

    private let files: FileAccess
    private let watch: FileWatch
    private let log: any LogSink
    private let state = Mutex(State())

    init(files: FileAccess, eventLoop: any EventLoop, log: any LogSink) {
        self.files = files
        self.log = log
        watch = FileWatch(files: files, eventLoop: eventLoop)
    }

    /// The screening list of the settings with its tables, and the tables that restrictions look things up in; a source
    /// gives nil for a table that could never be read. New files are read now; those of earlier settings are let go.
    func open(_ settings: PoolSettings) -> (screening: AccessPolicy, tables: [TableName: TableSource]) {
        let known = state.withLock { state in
            state.identifier = "\(settings.syslogName)/smtpd"
            return state.tables
        }
        var wanted: [Key: WatchedFiles<TableContent>] = [:]
        func file(_ path: String, _ format: TableFormat) -> WatchedFiles<TableContent> {
            let key = Key(path: path, format: format)
            let table = wanted[key] ?? known[key] ?? open(path, format)
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
                return .table { table.content?.screening }
            }
        }
        var tables: [TableName: TableSource] = [:]
        for name in settings.restrictions.tables where tables[name] == nil {
            if let table = name.inlineTable {
                tables[name] = { table }
            } else {
                let table = file(name.path, name.format)
                tables[name] = { table.content?.lookup }
            }
        }
        state.withLock { $0.tables = wanted }
        if !wanted.isEmpty { watch.begin { [weak self] in self?.look() } }
        return (AccessPolicy(screening), tables)
    }

    /// The bytes of a file that is read once. Waits for the disk.
    func read(_ path: String) throws -> [UInt8] { try files.read(path, AccessLimits.fileBytes) }

    /// Tells the log of something wrong with a file.
    func complain(_ text: String) { write(.error, text) }

    private func open(_ path: String, _ format: TableFormat) -> WatchedFiles<TableContent> {
        let table = WatchedFiles([path], limit: AccessLimits.fileBytes, files: files) { bytes in
            let table = format.read(bytes.first ?? [])
            if let mistake = table.mistakes.first { throw WrongTable(path, mistake) }
            return table
        }
        if case .kept(let reason) = table.refresh() {
            write(.error, "\(reason): clients that the table is about are asked to come again")
        }
        return table
    }

    private func look() {
        for (key, table) in state.withLock({ $0.tables }) {
            switch table.refresh() {
            case .unchanged: break
            case .read:
                let count = table.content?.count ?? 0
                write(.informational, "\(key.path) has changed: \(count) entries are in force")
            case .kept(let reason): write(.warning, "warning: \(reason): what was read before stays in force")
            }
        }
    }

    private func write(_ severity: Severity, _ text: String) {
        log.write(LogRecord(severity, from: state.withLock { $0.identifier }, text))
    }
}
