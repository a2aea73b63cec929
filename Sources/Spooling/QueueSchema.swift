// SPDX-License-Identifier: Apache-2.0

/// The tables of the embedded store: what `sqlite3 queue.db` shows an operator.
///
/// A message is one row, its first recipient and a small body included, because nearly every message has one recipient
/// and lives for a moment: one row in, one row out. Further recipients are rows of `recipient`. The views `recipients`
/// and `queue` show all of them alike.
enum QueueSchema {
    /// The version in `PRAGMA user_version`; a store with a larger one was made by a newer relaybox.
    static let version = 3
    /// What makes tables of version 1 tables of version 2; a message that was queued before has no filter to go to.
    static let fromFirstVersion = "ALTER TABLE message ADD COLUMN filter TEXT; \(fromSecondVersion)"
    /// What makes tables of version 2 tables of version 3; a message that was queued before has no seal, and its body in a row no
    /// checksum.
    static let fromSecondVersion = "ALTER TABLE message ADD COLUMN seal INTEGER; PRAGMA user_version = 3;"
    /// Bytes of a database page. Measured from 4 to 32 KiB with bodies of 1 to 16 KiB: small pages win by a fifth in small
    /// batches, because a transaction writes whole pages.
    static let pageSize = 4096

    /// What must be set before the first table exists.
    static let layout = "PRAGMA page_size = \(pageSize); PRAGMA journal_mode = WAL; PRAGMA application_id = 0x52424F58;"

    static let tables = """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY,
            due INTEGER,
            pending INTEGER NOT NULL,
            more INTEGER NOT NULL,
            held INTEGER NOT NULL,
            segment INTEGER,
            position INTEGER,
            crc INTEGER,
            arrival INTEGER NOT NULL,
            size INTEGER NOT NULL,
            traits INTEGER NOT NULL,
            sender TEXT NOT NULL,
            message_id TEXT NOT NULL,
            client TEXT NOT NULL,
            address TEXT NOT NULL,
            state INTEGER NOT NULL,
            recipient_due INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            reason TEXT NOT NULL,
            filter TEXT,
            seal INTEGER,
            body BLOB
        );
        CREATE INDEX message_due ON message (due);
        CREATE INDEX message_segment ON message (segment) WHERE segment IS NOT NULL;
        CREATE TABLE recipient (
            message INTEGER NOT NULL,
            number INTEGER NOT NULL,
            address TEXT NOT NULL,
            state INTEGER NOT NULL,
            due INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (message, number)
        ) WITHOUT ROWID;
        CREATE TABLE setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE VIEW recipients AS
            SELECT id AS message, 0 AS number, address, state, recipient_due AS due, attempts, reason FROM message
            UNION ALL SELECT message, number, address, state, due, attempts, reason FROM recipient;
        CREATE VIEW queue AS
            SELECT printf('%X', m.id) AS queue_id, datetime(m.arrival / 1000, 'unixepoch') AS arrived, m.size,
                CASE m.held WHEN 0 THEN '' ELSE 'held' END AS held, m.sender, r.address AS recipient,
                CASE r.state WHEN 0 THEN 'pending' WHEN 1 THEN 'delivered' ELSE 'failed' END AS state,
                datetime(r.due / 1000, 'unixepoch') AS due, r.attempts, r.reason
            FROM message m JOIN recipients r ON r.message = m.id;
        PRAGMA user_version = \(version);
        """

    /// The columns of an envelope, in the order `Statement.envelope()` reads them.
    static let envelope = """
        id, arrival, size, traits, sender, message_id, client, held, more,
        address, state, recipient_due, attempts, reason, filter, seal
        """

    /// Opens a connection for the committer, and makes the tables of a new store.
    ///
    /// - Parameter mayBeNew: false where bodies say that there was a queue before.
    static func openForWriting(_ path: String, mayBeNew: Bool) throws(DatabaseError) -> Database {
        let database = try Database(path, writable: true)
        try database.execute("PRAGMA busy_timeout = 5000;")
        let found = try database.number("PRAGMA user_version")
        guard found <= version else {
            throw DatabaseError(
                code: 0,
                system: 0,
                text: "\(path) has version \(found) of the queue's tables, made by a newer relaybox than this one"
            )
        }
        let tables = try found == 0 ? database.number("SELECT count(*) FROM sqlite_schema") : 0
        guard found > 0 || (found == 0 && mayBeNew && tables == 0) else {
            throw DatabaseError(
                code: 0,
                system: 0,
                text:
                    "\(path) is no queue of relaybox (its user_version is \(found)): put the right file back, or give the"
                    + " spool a folder of its own"
            )
        }
        if found == 0 {
            try database.execute(layout)
            try database.execute("BEGIN IMMEDIATE; \(QueueSchema.tables) COMMIT;")
        } else if found == 1 {
            try database.execute("BEGIN IMMEDIATE; \(fromFirstVersion) COMMIT;")
        } else if found == 2 {
            try database.execute("BEGIN IMMEDIATE; \(fromSecondVersion) COMMIT;")
        }
        // FULL: a commit syncs the log. The committer checkpoints by itself, when nobody waits for it.
        // why: Debian's SQLite overwrites what is deleted unless told not to, and would write every body a second time, as zeros.
        try database.execute(
            """
            PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;
            PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;
            """
        )
        database.keepLog()
        return database
    }

    /// Opens a connection that only reads.
    static func openForReading(_ path: String) throws(DatabaseError) -> Database {
        let database = try Database(path, writable: false)
        try database.execute("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -2048; PRAGMA query_only = 1;")
        return database
    }
}
