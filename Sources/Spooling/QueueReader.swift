// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The readers' side of the database: a connection of its own, so that reading never waits for a commit.
final class QueueReader {
    private let database: Database
    private let due: Statement
    private let one: Statement
    private let from: Statement
    private let recipients: Statement
    private let place: Statement
    private let body: Statement

    init(_ path: String) throws(DatabaseError) {
        database = try QueueSchema.openForReading(path)
        // Answered by the index alone: the rowid is part of it.
        due = try database.prepare("SELECT id, due FROM message WHERE due IS NOT NULL ORDER BY due, id")
        one = try database.prepare("SELECT \(QueueSchema.envelope) FROM message WHERE id = ?1")
        from = try database.prepare("SELECT \(QueueSchema.envelope) FROM message WHERE id > ?1 ORDER BY id LIMIT ?2")
        recipients = try database.prepare(
            "SELECT address, state, due, attempts, reason FROM recipient WHERE message = ?1 ORDER BY number"
        )
        place = try database.prepare("SELECT size, segment, position, crc FROM message WHERE id = ?1")
        body = try database.prepare("SELECT body FROM message WHERE id = ?1")
    }

    /// See `Spool.due`.
    func due(
        at time: Int64,
        limit: Int,
        excluding: Set<QueueID>
    ) throws(DatabaseError) -> (messages: [Envelope], next: Int64?) {
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
        for id in found {
            if let envelope = try envelope(of: id) { messages.append(envelope) }
        }
        return (messages, next)
    }

    func envelope(of id: QueueID) throws(DatabaseError) -> Envelope? {
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
        while try from.step() { envelopes.append(try complete(from.envelope())) }
        return envelopes
    }

    /// Where the body of a message lies and how long it is; nil when there is no such message.
    func place(of id: QueueID) throws(DatabaseError) -> (place: BodyPlace, size: Int)? {
        place.bind(1, id)
        defer { place.reset() }
        return try place.step() ? (place.place(1), place.int(0)) : nil
    }

    /// A piece of a body that lies in its row; nil when there is no such message.
    func body(of id: QueueID, offset: Int, limit: Int) throws(DatabaseError) -> ByteBuffer? {
        body.bind(1, id)
        defer { body.reset() }
        return try body.step() ? body.bytes(0, offset: offset, limit: limit) : nil
    }

    private func complete(_ found: (envelope: Envelope, more: Int)) throws(DatabaseError) -> Envelope {
        guard found.more > 0 else { return found.envelope }
        var envelope = found.envelope
        recipients.bind(1, envelope.id)
        defer { recipients.reset() }
        while try recipients.step() {
            envelope.recipients.append(
                Recipient(
                    address: recipients.text(0),
                    state: Recipient.State(rawValue: recipients.int(1)) ?? .pending,
                    due: recipients.integer(2),
                    attempts: recipients.int(3),
                    reason: recipients.text(4)
                )
            )
        }
        return envelope
    }
}
