// SPDX-License-Identifier: Apache-2.0

package import Statistics
import CSQLite
import Synchronization

extension EmbeddedSpool {
    /// Opens the store, makes it when it is missing, and puts right what a crash left. Blocks.
    ///
    /// - Parameters:
    ///   - log: gets a line when the disk stops or starts to take mail, and for bodies that are missing.
    ///   - now: milliseconds since 1970.
    /// - Throws: `SpoolError.disk` with a text for people: what is wrong, where, and what to do.
    package static func open(
        _ settings: SpoolSettings,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) throws(SpoolError) -> EmbeddedSpool {
        try open(settings, log: log, now: now, faults: .none)
    }

    /// The same with a disk that fails when a test wants it to.
    package static func open(
        _ settings: SpoolSettings,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        faults: DiskFaults
    ) throws(SpoolError) -> EmbeddedSpool {
        do {
            let folder = DiskFolder(path: settings.directory, faults: faults)
            return try SpoolOpening(settings: settings, folder: folder, log: log, now: now, faults: faults).open()
        } catch let error as SpoolError {
            if error != .full { throw error }
            throw .disk("no room to open the spool \(settings.directory): free some space on its disk")
        } catch let error as DiskError {
            throw .disk("cannot open the spool: \(error.text)")
        } catch let error as DatabaseError {
            throw .disk("cannot open the spool: \(error.text)")
        } catch {
            throw .disk("cannot open the spool: \(error)")
        }
    }
}

/// The steps from a folder to an open store, in the order that makes each safe.
private struct SpoolOpening {
    /// SQLite is configured once, before its first use.
    private static let isConfigured = relaybox_disable_memory_statistics() == SQLITE_OK

    let settings: SpoolSettings
    let folder: DiskFolder
    let log: any LogSink
    let now: @Sendable () -> Int64
    let faults: DiskFaults

    func open() throws -> EmbeddedSpool {
        _ = SpoolOpening.isConfigured
        // 1. The folder is ours alone.
        try folder.make()
        let lock = try DiskLock(folder)
        let segmentFolder = folder.folder("segments")
        let stagingFolder = folder.folder("staged")
        try segmentFolder.make()
        try stagingFolder.make()
        let inspection = SpoolInspection(folder: folder, segments: segmentFolder, staged: stagingFolder)
        let isLogMissing = try inspection.inspect()
        // 2. The database, made here so that it is nobody else's to read; SQLite completes or forgets its transactions.
        _ = try folder.open("queue.db", create: true)
        try folder.sync()
        let reserve = Reserve(folder, size: settings.reserve)
        let queue = try openQueue(reserve, mayBeNew: try !inspection.hasBodies())
        // Nothing relies any longer on log pages that a failed sync may have kept from the disk.
        try checkpoint(queue.database, reserve)
        let recovery = SpoolRecovery(database: queue.database, log: log)
        let path = folder.path(of: "queue.db")
        if try queue.database.inspect(path) {
            recovery.write("indexes of \(path) were damaged and have been made again")
        }
        // 3. What the last run left.
        let segments = Segments(
            SegmentFiles(segmentFolder),
            size: settings.segmentSize,
            minimumFree: settings.minimumFree
        )
        let live = try recovery.live()
        try segments.recover(live: live, last: try recovery.lastSegment())
        recovery.report(missing: live.filter { !segments.holds($0.key) }, in: segmentFolder)
        try recovery.sweep(stagingFolder, isLogMissing: isLogMissing)
        let highest = try recovery.highestID()
        let statistics = SpoolStatistics()
        statistics.queued.set(try recovery.queued())
        // 4. Is there room for new mail?
        let gate = SpoolGate(folder, minimumFree: settings.minimumFree, statistics: statistics, log: log, now: now)
        do throws(DiskError) {
            try reserve.restore()
            if let refusal = gate.measure() { gate.shut(refusal) }
        } catch {
            gate.note(error)
        }
        // 5. The parts that work while it is open.
        let budget = MemoryBudget(limit: settings.memoryBudget)
        let ids = QueueIDGenerator(after: highest)
        let staging = StagingArea(
            stagingFolder,
            window: settings.stagingWindow,
            limit: settings.stagedBodies,
            gate: gate
        )
        let bodies = BodyReader(segments: segments.files, staged: stagingFolder)
        let batches = BatchWriter(
            queue: queue,
            segments: segments,
            reserve: reserve,
            gate: gate,
            staging: staging,
            budget: budget,
            ids: ids,
            inlineLimit: settings.inlineLimit,
            ceiling: highest,
            now: now
        )
        let committer = Committer(
            Housekeeper(batches, segmentSize: settings.segmentSize),
            batchMessages: settings.batchMessages,
            batchBytes: settings.batchBytes,
            outcomeDelay: settings.outcomeDelay,
            budget: budget,
            statistics: statistics
        )
        return EmbeddedSpool(
            settings,
            now: now,
            budget: budget,
            ids: ids,
            gate: gate,
            staging: staging,
            committer: committer,
            bodies: bodies,
            reader: try QueueReader(folder.path(of: "queue.db")),
            lock: lock,
            log: log
        )
    }

    /// Checkpoints the log; where even the reserve is not room enough the log stays as it is, and the store opens all the
    /// same, so that mail can leave.
    private func checkpoint(_ database: Database, _ reserve: Reserve) throws(DatabaseError) {
        do throws(DatabaseError) {
            try database.checkpoint()
        } catch {
            guard error.isFull else { throw error }
            reserve.giveUp()
            do throws(DatabaseError) {
                try database.checkpoint()
            } catch {
                if !error.isFull { throw error }
            }
        }
    }

    /// Opens the database; on a full disk with the room that was kept for finishing what is queued.
    private func openQueue(_ reserve: Reserve, mayBeNew: Bool) throws(DatabaseError) -> QueueWriter {
        let path = folder.path(of: "queue.db")
        do throws(DatabaseError) {
            return try QueueWriter(path, mayBeNew: mayBeNew, faults: faults)
        } catch {
            guard error.isFull else { throw error }
            reserve.giveUp()
            return try QueueWriter(path, mayBeNew: mayBeNew, faults: faults)
        }
    }
}
