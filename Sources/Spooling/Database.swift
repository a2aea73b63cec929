// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// An error of SQLite: its extended result code, the system's error number behind it, and its own words.
struct DatabaseError: Error, Sendable, Equatable {
    let code: Int32
    let system: Int32
    let text: String

    /// Whether there was no room.
    var isFull: Bool { code & 0xFF == SQLITE_FULL || code == DatabaseError.noRoomForIndex || DiskError.isFull(system) }
    /// SQLITE_IOERR_SHMSIZE: the log's index found no room; SQLite keeps the reason to itself.
    private static let noRoomForIndex: Int32 = SQLITE_IOERR | (19 << 8)
    /// Whether it is about one message and not about the disk: another message may well succeed.
    var isAboutValues: Bool {
        [SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE].contains(code & 0xFF)
    }
    /// Whether the file is not what was written to it.
    var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xFF) }
    /// What an operator can do about a database that is damaged.
    static let rescue = ": keep a copy of the folder, and see what \"sqlite3 queue.db .recover\" can still read"
    /// The error as the spool's callers see it.
    var spoolError: SpoolError { isFull ? .full : .disk(text) }
}

/// One connection to an SQLite database; belongs to one thread at a time.
final class Database {
    private let handle: OpaquePointer
    private let path: String
    /// Pages in the write-ahead log after the last transaction; SQLite writes it from its own hook.
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

    /// Opens the database; a writer makes it when it is missing.
    init(_ path: String, writable: Bool) throws(DatabaseError) {
        var opened: OpaquePointer?
        let flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let opened else {
            let text = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let system = opened.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close_v2(opened)
            logPages.deallocate()
            throw DatabaseError(code: code, system: system, text: "cannot open \(path): \(text)")
        }
        handle = opened
        self.path = path
        logPages.initialize(to: 0)
        // Takes the place of SQLite's own hook, which would checkpoint inside of a commit.
        sqlite3_wal_hook(
            handle,
            { pages, _, _, count in
                pages?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            },
            logPages
        )
    }

    deinit {
        sqlite3_close_v2(handle)
        logPages.deallocate()
    }

    /// Pages in the write-ahead log that may wait for a checkpoint.
    var pagesInLog: Int { Int(logPages.pointee) }

    /// Rows the last statement changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Whether a transaction is open.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs statements whose rows nobody wants.
    func execute(_ sql: String) throws(DatabaseError) {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw error("run \(sql.prefix(40))") }
    }

    /// Prepares a statement that will be used many times.
    func prepare(_ sql: String) throws(DatabaseError) -> Statement {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw error("prepare \(sql.prefix(60))") }
        return Statement(prepared, of: self)
    }

    /// The single number a query answers with; 0 for none.
    func number(_ sql: String) throws(DatabaseError) -> Int64 {
        let statement = try prepare(sql)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    /// Keeps the write-ahead log's file when the last connection closes, so that it need not grow again.
    func keepLog() {
        var keep: Int32 = 1
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep)
    }

    /// Copies the log into the database as far as nobody reads; `emptying` also gives the log's blocks back.
    func checkpoint(emptying: Bool = false) throws(DatabaseError) {
        let mode = emptying ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, nil, nil)
        // why: a reader may keep it from being complete; the next one goes on from there.
        if code & 0xFF == SQLITE_BUSY || code & 0xFF == SQLITE_LOCKED { return }
        guard code == SQLITE_OK else { throw error("checkpoint") }
        logPages.pointee = 0
    }

    /// The error of the call that has just failed.
    func error(_ what: String) -> DatabaseError {
        let code = sqlite3_extended_errcode(handle)
        let text = "cannot \(what) (\(path)): \(String(cString: sqlite3_errmsg(handle)))"
        let found = DatabaseError(code: code, system: sqlite3_system_errno(handle), text: text)
        if found.isDamage { return DatabaseError(code: code, system: found.system, text: text + DatabaseError.rescue) }
        guard found.system != 0 else { return found }
        // why: "disk I/O error" and "unable to open" say neither why nor which of the three files is meant.
        let files = code & 0xFF == SQLITE_CANTOPEN ? " (or its -wal or -shm)" : ""
        let cause = DiskError.words(found.system)
        return DatabaseError(code: code, system: found.system, text: "\(text)\(files): \(cause)")
    }
}
