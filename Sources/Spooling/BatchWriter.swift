// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// Turns a batch of work into one durable transaction, and a failure into the right error for each member.
final class BatchWriter {
    let queue: QueueWriter
    let segments: Segments
    let reserve: Reserve
    let gate: SpoolGate
    private let staging: StagingArea
    private let budget: MemoryBudget
    private let ids: QueueIDGenerator
    private let inlineLimit: Int
    private let now: @Sendable () -> Int64
    /// The id below which ids may have been given out, as the store remembers it.
    private var ceiling: UInt64

    init(
        queue: QueueWriter,
        segments: Segments,
        reserve: Reserve,
        gate: SpoolGate,
        staging: StagingArea,
        budget: MemoryBudget,
        ids: QueueIDGenerator,
        inlineLimit: Int,
        ceiling: UInt64,
        now: @escaping @Sendable () -> Int64
    ) {
        self.queue = queue
        self.segments = segments
        self.reserve = reserve
        self.gate = gate
        self.staging = staging
        self.budget = budget
        self.ids = ids
        self.inlineLimit = inlineLimit
        self.ceiling = ceiling
        self.now = now
    }

    /// Makes the batch durable; tells in the same order what became of each member.
    func run(_ batch: [Work]) -> [Work.Ending] {
        do throws(DatabaseError) {
            return try attempt(batch)
        } catch {
            return recover(batch, from: error)
        }
    }

    // MARK: failure

    /// The batch has left no trace: decides who may try again and who fails with what.
    private func recover(_ batch: [Work], from error: DatabaseError) -> [Work.Ending] {
        if error.isAboutValues {
            // One member cannot be stored: it must not take the others down.
            guard batch.count > 1 else { return [.failed(error.spoolError)] }
            return batch.flatMap { run([$0]) }
        }
        gate.shut(error.spoolError, error.isFull ? error.text : nil)
        guard error.isFull, batch.contains(where: { !$0.isNewMail }) else {
            return batch.map { _ in .failed(error.spoolError) }
        }
        // What is queued already must be able to leave, or the disk stays full: it gets the room kept for that.
        makeRoom()
        return batch.map { work in
            if work.isNewMail { return .failed(.full) }
            do throws(DatabaseError) {
                return try attempt([work]).first ?? .failed(.full)
            } catch {
                return .failed(error.spoolError)
            }
        }
    }

    private func makeRoom() {
        reserve.giveUp()
        segments.trim()
        // why ignored: the retry that follows says whether it helped.
        try? queue.database.checkpoint()
    }

    // MARK: one transaction

    /// What the members of a transaction change outside of the database, once it is durable.
    private struct Effects {
        var endings: [Work.Ending] = []
        var committed = 0
        var removed: [QueueWriter.Removal] = []
        var highest: UInt64 = 0
    }

    private func attempt(_ batch: [Work]) throws(DatabaseError) -> [Work.Ending] {
        // 1. Large bodies go to a segment and are synced, 2. rows that refer to them are committed, 3. everybody is told.
        let (places, failure) = place(batch)
        do throws(DatabaseError) {
            return try commit(batch, at: places, failure)
        } catch {
            segments.drop(places)
            throw error
        }
    }

    private func commit(
        _ batch: [Work],
        at places: [BodyPlace?],
        _ failure: SpoolError?
    ) throws(DatabaseError) -> [Work.Ending] {
        var effects = Effects()
        effects.endings.reserveCapacity(batch.count)
        try queue.transaction { () throws(DatabaseError) in
            var next = 0
            for work in batch {
                var place: BodyPlace?
                if isLarge(work) {
                    place = places.indices.contains(next) ? places[next] : nil
                    next += 1
                    if let failure {
                        effects.endings.append(.failed(failure))
                        continue
                    }
                }
                try perform(work, at: place ?? .row, &effects)
            }
            if effects.highest > ceiling { try queue.set(BatchWriter.ceilingName, Int64(effects.highest + 1_000_000)) }
        }
        if effects.highest > ceiling { ceiling = effects.highest + 1_000_000 }
        apply(effects)
        return effects.endings
    }

    /// The name under which the store keeps the id below which ids may have been given out.
    static let ceilingName = "ids_below"

    private func isLarge(_ work: Work) -> Bool {
        guard case .commit(_, .memory(let bytes), _) = work else { return false }
        return bytes.readableBytes > inlineLimit && bytes.readableBytes <= segments.largestBody
    }

    private func place(_ batch: [Work]) -> (places: [BodyPlace?], failure: SpoolError?) {
        var bodies: [ByteBuffer] = []
        for work in batch where isLarge(work) {
            if case .commit(_, .memory(let bytes), _) = work { bodies.append(bytes) }
        }
        if bodies.isEmpty { return ([], nil) }
        do throws(DiskError) {
            return (try segments.write(bodies), nil)
        } catch {
            gate.note(error)
            return ([], error.spoolError)
        }
    }

    private func perform(_ work: Work, at place: BodyPlace, _ effects: inout Effects) throws(DatabaseError) {
        switch work {
        case .commit(let envelope, .memory(let bytes), _):
            try add(envelope, bytes, at: place, &effects)
            effects.endings.append(.committed(QueuedMessage(envelope: envelope, body: nil)))
        case .commit(let envelope, .file(let crc), _):
            try add(envelope, ByteBuffer(), at: .file(crc: crc), &effects)
            effects.endings.append(.committed(QueuedMessage(envelope: envelope, body: nil)))
        case .record(let outcome, _):
            try record(outcome, &effects)
        case .change(let ids, let change, _):
            var count = 0
            for id in ids {
                switch try queue.change(id, change) {
                case .unknown: continue
                case .kept: break
                case .removed(let removal): effects.removed.append(removal)
                }
                count += 1
            }
            effects.endings.append(.changed(count))
        case .probe:
            try queue.set("probe", now())
            effects.endings.append(.probed)
        }
    }

    private func record(_ outcome: Outcome, _ effects: inout Effects) throws(DatabaseError) {
        let removed: Bool
        switch try queue.apply(outcome) {
        case .unknown:
            effects.endings.append(.failed(.unknown(outcome.id)))
            return
        case .kept:
            removed = false
        case .removed(let removal):
            removed = true
            effects.removed.append(removal)
        }
        var report: QueuedMessage?
        if let (wanted, body) = outcome.report {
            let time = now()
            let envelope = wanted.accepted(as: ids.next(at: time), size: body.readableBytes, at: time)
            try add(envelope, body, at: .row, &effects)
            let isHeld = budget.used <= budget.limit / 2 && budget.reserve(body.readableBytes)
            report = QueuedMessage(envelope: envelope, body: isHeld ? HeldBody(reserved: body, from: budget) : nil)
        }
        effects.endings.append(.recorded(OutcomeReceipt(removed: removed, report: report)))
    }

    private func add(
        _ envelope: Envelope,
        _ bytes: ByteBuffer,
        at place: BodyPlace,
        _ effects: inout Effects
    ) throws(DatabaseError) {
        try queue.add(envelope, at: place, body: bytes)
        effects.committed += 1
        effects.highest = max(effects.highest, envelope.id.value)
    }

    /// The transaction is durable: only now may space be used again and numbers change.
    private func apply(_ effects: Effects) {
        for removal in effects.removed {
            switch removal.place {
            case .row: break
            case .segment(let number, _, _): segments.drop(number)
            case .file: staging.remove(removal.id)
            }
        }
        gate.statistics.committed.add(effects.committed)
        gate.statistics.removed.add(effects.removed.count)
        gate.statistics.queued.add(effects.committed - effects.removed.count)
    }
}
