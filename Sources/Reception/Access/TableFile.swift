// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One file of a table and what was last read from it without a mistake.
final class TableFile: Sendable {
    struct Key: Hashable {
        let path: String
        let format: TableFormat
    }

    /// What a look at the file came to.
    enum Outcome: Equatable {
        case unchanged
        case read(entries: Int)
        /// The table stays as it was, for this reason, which was not told before.
        case kept(reason: String)
    }

    private enum Attempt: Equatable {
        case read(TableFiles.Stamp)
        case failed(String)
    }

    private struct State {
        var table: TableContent?
        var last: Attempt?
    }

    let key: Key
    private let files: TableFiles
    private let state = Mutex(State())

    init(_ key: Key, files: TableFiles) {
        self.key = key
        self.files = files
    }

    /// The table as it is now; nil when it could never be read.
    var table: TableContent? { state.withLock { $0.table } }

    /// Reads the file if it is another than last time. Waits for the disk; one caller at a time.
    func refresh() -> Outcome {
        let (last, isFirst) = state.withLock { ($0.last, $0.table == nil) }
        let stamp: TableFiles.Stamp
        let bytes: [UInt8]
        do {
            stamp = try files.stamp(key.path)
            if last == .read(stamp) { return .unchanged }
            bytes = try files.read(key.path)
            // why: somebody is writing it, and half a table is worse than an old one.
            if !isFirst, try files.stamp(key.path) != stamp { return .unchanged }
        } catch {
            // why: what cannot be read is tried again every time, and told once.
            let attempt = Attempt.failed("\(error)")
            state.withLock { $0.last = attempt }
            return last == attempt ? .unchanged : .kept(reason: "\(error)")
        }
        let table = key.format.read(bytes)
        let mistake = table.mistakes.first
        state.withLock { state in
            state.last = .read(stamp)
            if mistake == nil { state.table = table }
        }
        if let mistake { return .kept(reason: "\(key.path):\(mistake.line): \(mistake.message)") }
        return .read(entries: table.count)
    }
}
