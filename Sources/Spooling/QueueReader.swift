// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The readers' side of the database: a connection of its own, so that reading never waits for a commit.
final class QueueReader {
    private let path: String
    private let database: Database
    private let due: Statement
    private let one: Statement
    private let from: Statement
    private let recipients: Statement
    private let place: Statement
    private let body: Statement

    init(_ path: String) throws(DatabaseError) {
        self.path = path
        database = try QueueSchema.openForReading(path)
        // Answered by the index alone: the rowid is part of it.
        due = try database.prepare("SELECT id, due FROM message WHERE due IS NOT NULL ORDER BY due, id")
        one = try database.prepare("SELECT \(QueueSchema.envelope) FROM message WHERE id = ?1")
        from = try database.prepare("SELECT \(QueueSchema.envelope) FROM message WHERE id > ?1 ORDER BY id LIMIT ?2")
        recipients = try database.prepare(
            "SELECT address, state, due, attempts, reason FROM recipient WHERE message = ?1 ORDER BY number"
        )
        place = try database.prepare("SELECT size, segment, position, crc FROM message WHERE id = ?1")
        body = try database.prepare("SELECT body, size, crc FROM message WHERE id = ?1")
    }

    /// See `Spool.due`; messages whose rows are damaged come apart.
    func due(
        at time: Int64,
        limit: Int,
        excluding: Set<QueueID>
    ) throws(DatabaseError) -> (messages: [Envelope], damaged: [QueueID], next: Int64?) {
        // One transaction: an id found due is still there when its envelope is read.
        try database.execute("BEGIN")
        defer { try? database.execute("COMMIT") }
        var found: [QueueID] = []
        var next: Int64?
        do {
            defer { due.reset() }
            while try due.step() {
                let id = due.id(0)
                if excluding.contains(id) { continue }
                if due.integer(1) > time || found.count >= limit {
                    next = due.integer(1)
                    break
                }
                found.append(id)
            }
        }
        var messages: [Envelope] = []
        messages.reserveCapacity(found.count)
        var damaged: [QueueID] = []
        for id in found {
            guard let (envelope, isDamaged) = try find(id) else { continue }
            if isDamaged { damaged.append(id) } else { messages.append(envelope) }
        }
        return (messages, damaged, next)
    }

    func envelope(of id: QueueID) throws(DatabaseError) -> Envelope? { try find(id)?.envelope }

    private func find(_ id: QueueID) throws(DatabaseError) -> (envelope: Envelope, isDamaged: Bool)? {
        one.bind(1, id)
        defer { one.reset() }
        return try one.step() ? complete(one.envelope()) : nil
    }

    /// See `Spool.list`.
    func list(after id: QueueID?, limit: Int) throws(DatabaseError) -> [Envelope] {
        from.bind(1, id ?? QueueID(value: 0))
        from.bind(2, max(0, limit))
        defer { from.reset() }
        var envelopes: [Envelope] = []
        while try from.step() { envelopes.append(try complete(from.envelope()).envelope) }
        return envelopes
    }

    /// Where the body of a message lies and how long it is; nil when there is no such message.
    func place(of id: QueueID) throws(DatabaseError) -> (place: BodyPlace, size: Int)? {
        place.bind(1, id)
        defer { place.reset() }
        return try place.step() ? (place.place(1), place.int(0)) : nil
    }

    /// A piece of a body that lies in its row; nil when there is no such message. The whole body is checked before its first
    /// piece is given out.
    func body(of id: QueueID, offset: Int, limit: Int) throws(DatabaseError) -> ByteBuffer? {
        body.bind(1, id)
        defer { body.reset() }
        guard try body.step() else { return nil }
        guard offset > 0 || body.isWhole(0, size: body.integer(1), crc: body.isNull(2) ? nil : body.integer(2)) else {
            throw DatabaseError(
                code: 0,
                system: 0,
                text: "the body of message \(id) is lost: the checksum of what lies in \(path) is wrong"
            )
        }
        return body.bytes(0, offset: offset, limit: limit)
    }

    private func complete(
        _ found: (envelope: Envelope, more: Int, seal: UInt32?)
    ) throws(DatabaseError) -> (envelope: Envelope, isDamaged: Bool) {
        var envelope = found.envelope
        if found.more > 0 { try addRecipients(to: &envelope) }
        let isDamaged = found.seal.map { $0 != envelope.seal } ?? false
        return (envelope, isDamaged || envelope.recipients.count != found.more &+ 1)
    }

    private func addRecipients(to envelope: inout Envelope) throws(DatabaseError) {
        recipients.bind(1, envelope.id)
        defer { recipients.reset() }
        while try recipients.step() {
            envelope.recipients.append(recipients.recipient(0))
        }
    }
}
