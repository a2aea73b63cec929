// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What a start does with what the last run left: counts what is there, removes what nobody refers to, reports what is missing.
struct SpoolRecovery {
    let database: Database
    let log: any LogSink

    /// Messages in the queue.
    func queued() throws(DatabaseError) -> Int {
        Int(try database.number("SELECT count(*) FROM message"))
    }

    /// The largest id that may have been given out.
    func highestID() throws(DatabaseError) -> UInt64 {
        let stored = try database.number("SELECT max(id) FROM message")
        let promised = try database.number("SELECT value FROM setting WHERE name = '\(BatchWriter.ceilingName)'")
        return UInt64(clamping: max(stored, promised))
    }

    /// Messages by segment.
    func live() throws(DatabaseError) -> [Int: Int] {
        let query = try database.prepare("SELECT segment, count(*) FROM message WHERE segment > 0 GROUP BY segment")
        var live: [Int: Int] = [:]
        while try query.step() { live[query.int(0)] = query.int(1) }
        return live
    }

    /// The highest segment with messages, and where its last message ends.
    func lastSegment() throws(DatabaseError) -> (number: Int, end: Int)? {
        let query = try database.prepare(
            """
            SELECT segment, max(position + size) FROM message
            WHERE segment = (SELECT max(segment) FROM message WHERE segment > 0)
            """
        )
        guard try query.step(), !query.isNull(0) else { return nil }
        return (query.int(0), query.int(1))
    }

    /// Reports segments that messages name and that are not there.
    func report(missing segments: [Int: Int], in folder: DiskFolder) {
        for (number, messages) in segments.sorted(by: { $0.key < $1.key }).prefix(10) {
            let path = folder.path(of: SegmentFiles.name(number))
            write("the bodies of \(messages) messages are missing: there is no \(path)")
        }
    }

    /// Removes the files of bodies that were never committed or whose message is gone, and reports files that are missing.
    ///
    /// - Parameter isLogMissing: a body that no row names may then be of a message that was lost with the log, and is kept.
    func sweep(_ folder: DiskFolder, isLogMissing: Bool) throws(SpoolError) {
        do {
            var present = Set<QueueID>()
            for name in try folder.names() {
                if let id = StagingArea.id(name) { present.insert(id) }
            }
            let query = try database.prepare("SELECT id FROM message WHERE segment = 0")
            var missing = 0
            while try query.step() {
                if present.remove(query.id(0)) != nil { continue }
                missing += 1
                // A few lines name some; the number follows.
                if missing <= 10 { write("the body of message \(query.id(0)) is missing in \(folder.path)") }
            }
            if missing > 10 { write("\(missing) bodies are missing in \(folder.path)") }
            guard isLogMissing, !present.isEmpty else {
                for orphan in present { try folder.remove(StagingArea.name(orphan)) }
                return
            }
            for orphan in present {
                try DiskFolder.rename(folder.path(of: StagingArea.name(orphan)), to: folder.path(of: "\(orphan).lost"))
            }
            write(
                "queue.db-wal was missing or empty, and with it perhaps mail: \(present.count) bodies of no message are kept in"
                    + " \(folder.path) as ID.lost"
            )
        } catch let error as DiskError {
            throw error.spoolError
        } catch let error as DatabaseError {
            throw error.spoolError
        } catch {
            throw .disk("\(error)")
        }
    }

    /// Tells the log of something that is wrong.
    func write(_ text: String) {
        log.write(LogRecord(.error, from: "relaybox/spool", text))
    }
}
