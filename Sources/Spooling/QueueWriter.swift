// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The committer's side of the database: the statements that change the queue, inside transactions it opens and ends.
final class QueueWriter {
    /// What a message that is gone leaves behind.
    struct Removal: Equatable {
        let id: QueueID
        let place: BodyPlace
    }

    let database: Database
    private let path: String
    private let faults: DiskFaults
    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement
    private let insert: Statement
    private let insertRecipient: Statement
    private let deleteSimple: Statement
    private let select: Statement
    private let delete: Statement
    private let deleteRecipients: Statement
    private let selectState: Statement
    private let updateFirst: Statement
    private let updateRecipient: Statement
    private let updateMessage: Statement
    private let remember: Statement

    init(_ path: String, mayBeNew: Bool, faults: DiskFaults) throws(DatabaseError) {
        self.path = path
        self.faults = faults
        database = try QueueSchema.openForWriting(path, mayBeNew: mayBeNew)
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        rollback = try database.prepare("ROLLBACK")
        insert = try database.prepare(
            """
            INSERT INTO message (id, due, pending, more, held, segment, position, crc, arrival, size, traits,
                sender, message_id, client, address, state, recipient_due, attempts, reason, body, filter, seal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
            """
        )
        insertRecipient = try database.prepare(
            "INSERT INTO recipient (message, number, address, state, due, attempts, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        )
        deleteSimple = try database.prepare("DELETE FROM message WHERE id = ?1 AND more = 0 AND segment IS NULL")
        select = try database.prepare(
            "SELECT pending, more, held, segment, position, crc, state, recipient_due FROM message WHERE id = ?1"
        )
        delete = try database.prepare("DELETE FROM message WHERE id = ?1")
        deleteRecipients = try database.prepare("DELETE FROM recipient WHERE message = ?1")
        selectState = try database.prepare("SELECT state FROM recipient WHERE message = ?1 AND number = ?2")
        updateFirst = try database.prepare(
            "UPDATE message SET state = ?2, recipient_due = ?3, attempts = ?4, reason = ?5 WHERE id = ?1"
        )
        updateRecipient = try database.prepare(
            "UPDATE recipient SET state = ?3, due = ?4, attempts = ?5, reason = ?6 WHERE message = ?1 AND number = ?2"
        )
        updateMessage = try database.prepare(
            """
            UPDATE message SET pending = ?2, held = ?3, due = CASE ?3 WHEN 0 THEN (SELECT min(due) FROM
                (SELECT recipient_due AS due FROM message WHERE id = ?1 AND state = 0
                UNION ALL SELECT due FROM recipient WHERE message = ?1 AND state = 0)) END
            WHERE id = ?1
            """
        )
        remember = try database.prepare(
            "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
    }

    // MARK: transactions

    /// Runs `work` in a transaction that is on stable storage when this returns, and has left no trace when it throws.
    func transaction<Value>(_ work: () throws(DatabaseError) -> Value) throws(DatabaseError) -> Value {
        try begin.run()
        do throws(DatabaseError) {
            let value = try work()
            try injectFault()
            try commit.run()
            return value
        } catch {
            if database.isInTransaction { try? rollback.run() }
            throw error
        }
    }

    /// Fails the transaction where a test wants it to.
    private func injectFault() throws(DatabaseError) {
        guard let error = DiskError(faults.fault(.commit, path), "write the transaction to", path) else { return }
        throw DatabaseError(code: 0, system: error.code, text: error.text)
    }

    // MARK: messages

    /// Adds a message; `body` is what goes into its row.
    func add(_ envelope: Envelope, at place: BodyPlace, body: ByteBuffer) throws(DatabaseError) {
        guard let first = envelope.recipients.first else { return }
        var due: Int64?
        var pending = 0
        for recipient in envelope.recipients where recipient.state == .pending {
            pending += 1
            due = min(due ?? .max, recipient.due)
        }
        insert.bind(1, envelope.id)
        if let due, !envelope.held { insert.bind(2, due) } else { insert.bindNull(2) }
        insert.bind(3, pending)
        insert.bind(4, envelope.recipients.count - 1)
        insert.bind(5, envelope.held ? 1 : 0)
        insert.bind(6, place)
        insert.bind(9, envelope.arrival)
        insert.bind(10, envelope.size)
        insert.bind(11, envelope.traits.rawValue)
        insert.bind(12, envelope.sender)
        insert.bind(13, envelope.messageID)
        insert.bind(14, envelope.client)
        insert.bind(15, first.address)
        insert.bind(16, first.state.rawValue)
        insert.bind(17, first.due)
        insert.bind(18, first.attempts)
        insert.bind(19, first.reason)
        if envelope.filter.isEmpty { insert.bindNull(21) } else { insert.bind(21, envelope.filter) }
        insert.bind(22, Int(envelope.seal))
        if place == .row {
            var checksum = Checksum()
            body.withUnsafeReadableBytes { checksum.update($0) }
            insert.bind(8, Int(checksum.value))
            try insert.run(20, body)
        } else {
            try insert.run()
        }
        for (number, recipient) in envelope.recipients.enumerated().dropFirst() {
            insertRecipient.bind(1, envelope.id)
            insertRecipient.bind(2, number)
            insertRecipient.bind(3, recipient.address)
            insertRecipient.bind(4, recipient.state.rawValue)
            insertRecipient.bind(5, recipient.due)
            insertRecipient.bind(6, recipient.attempts)
            insertRecipient.bind(7, recipient.reason)
            try insertRecipient.run()
        }
    }

    /// What applying an outcome came to.
    enum Applied: Equatable {
        case unknown
        case kept
        case removed(Removal)
    }

    /// Stores what became of recipients; removes the message when none is pending any more.
    func apply(_ outcome: Outcome) throws(DatabaseError) -> Applied {
        // The usual end of a message: its only recipient is done and its body goes with the row.
        if outcome.recipients.count == 1, outcome.recipients[0].index == 0,
            outcome.recipients[0].recipient.state != .pending
        {
            deleteSimple.bind(1, outcome.id)
            try deleteSimple.run()
            if database.changes == 1 { return .removed(Removal(id: outcome.id, place: .row)) }
        }
        guard var message = try find(outcome.id) else { return .unknown }
        for (index, recipient) in outcome.recipients where try isPending(index, of: outcome.id, message) {
            if index == 0 {
                updateFirst.bind(1, outcome.id)
                try update(updateFirst, from: 2, recipient)
                message.firstState = recipient.state
            } else {
                updateRecipient.bind(1, outcome.id)
                updateRecipient.bind(2, index)
                try update(updateRecipient, from: 3, recipient)
            }
            if recipient.state != .pending { message.pending &-= 1 }
        }
        if message.pending <= 0 { return .removed(try remove(outcome.id, message)) }
        try settle(outcome.id, pending: message.pending, held: message.held)
        return .kept
    }

    /// Makes an operator's change; nil when there is no such message.
    func change(_ id: QueueID, _ change: QueueChange) throws(DatabaseError) -> Applied {
        guard let message = try find(id) else { return .unknown }
        switch change {
        case .delete:
            return .removed(try remove(id, message))
        case .hold:
            try settle(id, pending: message.pending, held: true)
        case .release:
            try settle(id, pending: message.pending, held: false)
        case .reschedule(let time):
            try database.execute(
                """
                UPDATE message SET recipient_due = \(time) WHERE id = \(id.value) AND state = 0;
                UPDATE recipient SET due = \(time) WHERE message = \(id.value) AND state = 0;
                """
            )
            try settle(id, pending: message.pending, held: message.held)
        }
        return .kept
    }

    /// Moves a body: the message's row names its new place.
    func move(_ id: QueueID, to place: BodyPlace) throws(DatabaseError) {
        let update = try database.prepare("UPDATE message SET segment = ?2, position = ?3, crc = ?4 WHERE id = ?1")
        update.bind(1, id)
        update.bind(2, place)
        try update.run()
    }

    /// Stores a number under a name.
    func set(_ name: String, _ value: Int64) throws(DatabaseError) {
        remember.bind(1, name)
        remember.bind(2, value)
        try remember.run()
    }

    // MARK: drawers

    private struct Found {
        var pending: Int
        var more: Int
        var held: Bool
        var place: BodyPlace
        var firstState: Recipient.State
    }

    private func find(_ id: QueueID) throws(DatabaseError) -> Found? {
        select.bind(1, id)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return Found(
            pending: select.int(0),
            more: select.int(1),
            held: select.integer(2) != 0,
            place: select.place(3),
            firstState: Recipient.State(rawValue: select.int(6)) ?? .pending
        )
    }

    private func isPending(_ index: Int, of id: QueueID, _ message: Found) throws(DatabaseError) -> Bool {
        if index == 0 { return message.firstState == .pending }
        guard (1...max(1, message.more)).contains(index) else { return false }
        selectState.bind(1, id)
        selectState.bind(2, index)
        defer { selectState.reset() }
        return try selectState.step() && selectState.int(0) == Recipient.State.pending.rawValue
    }

    private func update(_ statement: Statement, from first: Int32, _ recipient: Recipient) throws(DatabaseError) {
        statement.bind(first, recipient.state.rawValue)
        statement.bind(first + 1, recipient.due)
        statement.bind(first + 2, recipient.attempts)
        statement.bind(first + 3, recipient.reason)
        try statement.run()
    }

    private func settle(_ id: QueueID, pending: Int, held: Bool) throws(DatabaseError) {
        updateMessage.bind(1, id)
        updateMessage.bind(2, pending)
        updateMessage.bind(3, held ? 1 : 0)
        try updateMessage.run()
    }

    private func remove(_ id: QueueID, _ message: Found) throws(DatabaseError) -> Removal {
        delete.bind(1, id)
        try delete.run()
        if message.more > 0 {
            deleteRecipients.bind(1, id)
            try deleteRecipients.run()
        }
        return Removal(id: id, place: message.place)
    }
}
