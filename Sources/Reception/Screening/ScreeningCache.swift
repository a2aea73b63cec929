// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOCore
package import ProxyProtocol
package import Spooling
package import Statistics
import Synchronization

/// The temporary allowlist: which clients passed which tests, and until when. In memory, and in a file that is written
/// behind it and read when the process starts; losing the file's end loses nothing but a few results.
package final class ScreeningCache: Sendable {
    /// Bytes that wait to be written at most; beyond, the file is written anew from memory.
    private static let pendingLimit = 4_194_304

    private struct State {
        var records: [IPAddress: ScreeningRecord] = [:]
        var limit = 200_000
        /// Results that ended this many seconds ago are forgotten.
        var retention: Int64 = 604_800
        var interval: Int64 = 43_200
        var lastCleanup: Int64 = 0
        var pending = ByteBuffer()
        /// Lines of the file, with those that later ones replace.
        var lines = 0
        var isWriting = false
        var isFull = false
        var hasFailed = false
    }

    private let journal: LineJournal?
    private let queue = DispatchQueue(label: "relaybox.postscreen-cache", qos: .utility)
    private let log: any LogSink
    private let state = Mutex(State())

    /// Reads the file: not on an event loop. One that cannot be read is told in the log, and begins anew.
    package init(journal: LineJournal?, log: any LogSink, now: Int64) {
        self.journal = journal
        self.log = log
        guard let journal else { return }
        do {
            let records = ScreeningCache.parse(try journal.read())
            state.withLock { state in
                state.records = records
                state.lastCleanup = now
            }
        } catch {
            complain(error)
        }
        rewrite()
    }

    /// Clients that are remembered.
    package var count: Int { state.withLock { $0.records.count } }

    /// What is known of a client, results that have ended included; nil when it is not remembered.
    package func record(of client: IPAddress) -> ScreeningRecord? {
        state.withLock { $0.records[client] }
    }

    /// What the settings say; those of the pool that was told last count where pools share a cache.
    package func configure(_ settings: ScreeningSettings) {
        state.withLock { state in
            state.limit = settings.cacheLimit
            state.retention = Int64(settings.cacheRetentionTime) / 1_000
            state.interval = Int64(settings.cacheCleanupInterval) / 1_000
        }
    }

    /// Remembers a client. At once, and on the disk soon.
    package func remember(_ client: IPAddress, _ record: ScreeningRecord, now: Int64) {
        let work = state.withLock { state -> (writes: Bool, trims: Bool) in
            let isKnown = state.records[client] != nil
            // why: while the oldest are being thrown out there is room for an eighth more, and no further.
            if isKnown || state.records.count < state.limit + state.limit / 8 { state.records[client] = record }
            if state.pending.readableBytes < ScreeningCache.pendingLimit {
                state.pending.writeString("\(client) \(record.text)\n")
                state.lines += 1
            } else {
                state.lines = .max / 2
            }
            let isDue = now - state.lastCleanup >= state.interval || now < state.lastCleanup
            let trims = state.records.count > state.limit && !state.isFull
            if trims { state.isFull = true }
            if isDue { state.lastCleanup = now }
            let writes = !state.isWriting
            state.isWriting = true
            return (writes, trims || isDue)
        }
        if work.trims { queue.async { [self] in cleanUp(now: now) } }
        if work.writes { queue.async { [self] in write() } }
    }

    /// Waits until everything remembered so far is with the disk.
    package func flush() {
        queue.sync {}
    }

    /// Forgets clients whose results ended long ago, and of too many those whose results end first.
    private func cleanUp(now: Int64) {
        state.withLock { state in
            let oldest = now - state.retention
            state.records = state.records.filter { Int64($0.value.end) > oldest }
            if state.records.count > state.limit {
                let ends = state.records.values.map(\.end).sorted()
                let end = ends[min(ends.count - 1, state.records.count - state.limit + state.limit / 10)]
                state.records = state.records.filter { $0.value.end > end }
            }
            state.isFull = false
            state.lines = .max / 2
        }
    }

    private func write() {
        let (bytes, isLong) = state.withLock { state in
            defer { state.pending = ByteBuffer() }
            state.isWriting = false
            return (state.pending, state.lines > 2 * state.records.count + 10_000)
        }
        guard !isLong else { return rewrite() }
        guard let journal, bytes.readableBytes > 0 else { return }
        do {
            try journal.append(bytes)
            recovered()
        } catch {
            state.withLock { $0.lines = .max / 2 }
            complain(error)
        }
    }

    private func rewrite() {
        guard let journal else { return }
        var bytes = ByteBuffer()
        let records = state.withLock { state in
            state.pending = ByteBuffer()
            state.lines = state.records.count
            return state.records
        }
        for (client, record) in records { bytes.writeString("\(client) \(record.text)\n") }
        do {
            try journal.replace(with: bytes)
            recovered()
        } catch {
            complain(error)
        }
    }

    private func recovered() {
        state.withLock { $0.hasFailed = false }
    }

    private func complain(_ error: any Error) {
        let isNews = state.withLock { state in
            defer { state.hasFailed = true }
            return !state.hasFailed
        }
        guard isNews else { return }
        let cause = (error as? SpoolError)?.cause ?? "\(error)"
        log.write(
            LogRecord(
                .warning,
                from: "relaybox/postscreen",
                "warning: the cache of clients that passed screening is in memory alone: \(cause)"
            )
        )
    }

    /// The lines of a file; later ones replace earlier ones, and what is no record is passed over.
    static func parse(_ bytes: ByteBuffer) -> [IPAddress: ScreeningRecord] {
        var records: [IPAddress: ScreeningRecord] = [:]
        for line in bytes.readableBytesView.split(separator: 0x0A) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let client = IPAddress(String(words[0])), let record = ScreeningRecord(words[1])
            else { continue }
            records[client] = record
        }
        return records
    }
}

/// The caches of the process by their files: pools that name the same file, or none, share one.
package final class ScreeningCaches: Sendable {
    private let standard: String?
    private let log: any LogSink
    private let now: @Sendable () -> Int64
    private let caches = Mutex<[String: ScreeningCache]>([:])

    /// - Parameter standard: the file of pools that name none; nil: they remember in memory alone.
    package init(standard: String? = nil, log: any LogSink, now: @escaping @Sendable () -> Int64) {
        self.standard = standard
        self.log = log
        self.now = now
    }

    /// The cache of a pool. Reads its file when it is the first to ask: not on an event loop.
    package func cache(for settings: ScreeningSettings) -> ScreeningCache {
        let path = settings.cacheFile ?? standard ?? ""
        let cache = caches.withLock { caches in
            if let cache = caches[path] { return cache }
            let cache = ScreeningCache(
                journal: path.isEmpty ? nil : LineJournal(path: path),
                log: log,
                now: now() / 1_000
            )
            caches[path] = cache
            return cache
        }
        cache.configure(settings)
        return cache
    }
}
