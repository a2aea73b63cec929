// SPDX-License-Identifier: Apache-2.0

/// What a start looks at before anything is changed: damage that SQLite would not notice, or would mend by losing mail.
struct SpoolInspection {
    let folder: DiskFolder
    let segments: DiskFolder
    let staged: DiskFolder

    /// Whether files with bodies lie in the folder.
    func hasBodies() throws(DiskError) -> Bool {
        for name in try segments.names() where SegmentFiles.number(name) != nil { return true }
        for name in try staged.names() where StagingArea.id(name) != nil { return true }
        return false
    }

    /// Refuses a database that is gone though its log or bodies of its messages are there, and a log that is damaged.
    ///
    /// - Returns: whether a database is there without its log, or with an empty one, as after somebody removed that, or read the queue with
    ///   `sqlite3`.
    /// - Throws: `DiskError`, or `SpoolError.disk` with what is wrong and what to do.
    func inspect() throws -> Bool {
        let path = folder.path(of: "queue.db")
        let logPath = folder.path(of: "queue.db-wal")
        let log = DiskFolder.holds(logPath) ? try folder.open("queue.db-wal", create: false) : nil
        let isPresent = DiskFolder.holds(path)
        if try !isPresent || folder.open("queue.db", create: false).size == 0 {
            let hasLog = try (log?.size ?? 0) > 0
            guard try hasLog || hasBodies() else { return false }
            // why: SQLite would remove the log, and the start the bodies that no row names.
            throw SpoolError.disk(
                "\(path) is \(isPresent ? "empty" : "missing"), but what belongs to it is there: put the file back, or move the"
                    + " folder away to begin with an empty queue"
            )
        }
        if let damage = try log.map(LogInspection.init)?.damage() {
            let wrong =
                damage.transactions == 0
                ? "is no log of SQLite"
                : "is damaged at byte \(damage.position), and \(damage.transactions) transactions behind it cannot be read"
            throw SpoolError.disk(
                "\(logPath) \(wrong): keep a copy of the folder; without this file the queue is what it was at the last checkpoint"
            )
        }
        return try (log?.size ?? 0) == 0
    }
}

extension Database {
    /// Bytes of a database that a start looks through: about half a second when it is in memory, ten on a slow disk. A larger one would
    /// keep the service from starting in time.
    private static let inspected: Int64 = 268_435_456

    /// Refuses a database whose pages do not hang together. An index that is damaged is made again from its table.
    ///
    /// - Returns: whether that was necessary.
    func inspect(_ path: String) throws(DatabaseError) -> Bool {
        let pages = try number("PRAGMA page_count")
        guard pages <= Database.inspected / Int64(QueueSchema.pageSize) else { return false }
        guard try finding() != nil else { return false }
        // why ignored: what it could not do the next look finds.
        try? execute("REINDEX")
        guard let finding = try finding() else { return true }
        throw DatabaseError(code: 0, system: 0, text: "\(path) is damaged: \(finding)\(DatabaseError.rescue)")
    }

    /// The first thing that is wrong; nil when nothing is.
    private func finding() throws(DatabaseError) -> String? {
        let check = try prepare("PRAGMA integrity_check(1)")
        defer { check.reset() }
        guard try check.step(), check.text(0) != "ok" else { return nil }
        return check.text(0).split(separator: "\n").last.map(String.init) ?? "integrity_check"
    }
}
