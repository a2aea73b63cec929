// SPDX-License-Identifier: Apache-2.0

import Dispatch
package import struct NIOCore.ByteBuffer
import Statistics
import Synchronization

/// The queue in a folder of the local disk: an SQLite database, segment files for larger bodies, staged files for the largest.
package final class EmbeddedSpool: Spool {
    /// Counted on the committing thread; readers may be anywhere.
    package let statistics: SpoolStatistics
    /// The bytes of bodies in memory, for whoever reports them.
    package let budget: MemoryBudget

    private let settings: SpoolSettings
    private let now: @Sendable () -> Int64
    private let ids: QueueIDGenerator
    private let gate: SpoolGate
    private let staging: StagingArea
    private let committer: Committer
    private let bodies: BodyReader
    /// Nil once the store is closed.
    private let reader: Mutex<QueueReader?>
    private let lock: Mutex<DiskLock?>
    private let isClosing = Atomic(false)
    private let log: any LogSink
    /// Messages with damaged rows that are being held.
    private let withdrawn = Mutex(Set<QueueID>())

    /// Takes over what `SpoolOpening` has prepared.
    init(
        _ settings: SpoolSettings,
        now: @escaping @Sendable () -> Int64,
        budget: MemoryBudget,
        ids: QueueIDGenerator,
        gate: SpoolGate,
        staging: StagingArea,
        committer: Committer,
        bodies: BodyReader,
        reader: sending QueueReader,
        lock: DiskLock,
        log: any LogSink
    ) {
        self.settings = settings
        self.now = now
        self.budget = budget
        self.ids = ids
        self.gate = gate
        statistics = gate.statistics
        self.staging = staging
        self.committer = committer
        self.bodies = bodies
        self.reader = Mutex(reader)
        self.lock = Mutex(lock)
        self.log = log
    }

    // MARK: taking mail

    /// Draws an id. Refuses while the disk is full or broken, and has the committer look whether it is well again.
    package func draft() throws(SpoolError) -> any Draft {
        if isClosing.load(ordering: .acquiring) { throw .closing }
        if let refusal = gate.refusal {
            wakeProbe()
            throw refusal
        }
        let threshold = min(settings.stagingThreshold, settings.segmentSize)
        return EmbeddedDraft(ids.next(at: now()), budget: budget, threshold: threshold, area: staging)
    }

    /// Queues the draft for the next group commit; a body above the threshold is synced to its own file first.
    package func commit(
        _ draft: any Draft,
        _ envelope: Envelope,
        completion: @escaping @Sendable (Result<QueuedMessage, SpoolError>) -> Void
    ) {
        guard let draft = draft as? EmbeddedDraft else {
            return completion(.failure(.disk("the draft was made by another store")))
        }
        let id = draft.id
        let accepted = envelope.accepted(as: id, size: draft.size, at: now())
        guard accepted.recipients.contains(where: { $0.state == .pending }) else {
            return completion(.failure(.disk("message \(id) has no pending recipient")))
        }
        // why not taken in these cases: the draft gives back its memory and its file when it is dropped.
        if isClosing.load(ordering: .acquiring) { return completion(.failure(.closing)) }
        guard committer.backlog < settings.waitingMessages else { return completion(.failure(.busy)) }
        do throws(SpoolError) {
            switch try draft.take() {
            case .memory(let bytes):
                committer.submit(.commit(accepted, .memory(bytes), completion))
            case .staged(let body):
                body.finish { [committer, staging] ending in
                    switch ending {
                    case .success(let file):
                        committer.submit(
                            .commit(accepted, .file(crc: file.crc)) { result in
                                if case .failure = result { staging.remove(id) }
                                completion(result)
                            }
                        )
                    case .failure(let error):
                        completion(.failure(error))
                    }
                }
            case nil:
                completion(.failure(.unknown(id)))
            }
        } catch {
            completion(.failure(error))
        }
    }

    // MARK: delivery

    /// Queues the outcome; it rides with the next commit, `outcomeDelay` milliseconds later at the latest.
    package func record(
        _ outcome: Outcome,
        completion: @escaping @Sendable (Result<OutcomeReceipt, SpoolError>) -> Void
    ) {
        if isClosing.load(ordering: .acquiring) { return completion(.failure(.closing)) }
        committer.submit(.record(outcome, completion))
    }

    /// Reads on the caller's thread, beside the committer. A message whose row is damaged is held instead.
    package func due(
        at time: Int64,
        limit: Int,
        excluding: Set<QueueID>
    ) throws(SpoolError) -> (messages: [QueuedMessage], next: Int64?) {
        let (envelopes, damaged, next) = try read { reader throws(DatabaseError) in
            try reader.due(at: time, limit: limit, excluding: excluding)
        }
        for id in damaged { hold(id) }
        return (envelopes.map { QueuedMessage(envelope: $0, body: nil) }, next)
    }

    /// Keeps a message whose row is damaged out of delivery, for whoever wants to look.
    private func hold(_ id: QueueID) {
        guard withdrawn.withLock({ $0.insert(id).inserted }) else { return }
        committer.submit(
            .change([id], .hold) { [self] result in
                _ = withdrawn.withLock { $0.remove(id) }
                guard case .success = result else { return }
                log.write(
                    LogRecord(
                        .error,
                        from: "relaybox/spool",
                        "the row of message \(id) in \(settings.directory)/queue.db is damaged, and the message is held: see what"
                            + " \"relaybox queue show \(id)\" says, then delete it"
                    )
                )
            }
        )
    }

    /// Reads row, segment or staged file, and looks again where the body has moved meanwhile.
    package func body(of id: QueueID, offset: Int, limit: Int) throws(SpoolError) -> ByteBuffer {
        var (place, size) = try place(of: id)
        while true {
            if place == .row {
                let bytes = try read { reader throws(DatabaseError) in
                    try reader.body(of: id, offset: offset, limit: limit)
                }
                guard let bytes else { throw .unknown(id) }
                return bytes
            }
            let piece: Result<ByteBuffer, SpoolError>
            do throws(SpoolError) {
                piece = .success(try bodies.read(id, at: place, size: size, offset: offset, limit: limit))
            } catch {
                piece = .failure(error)
            }
            // The message may have gone or moved while it was read, and its place been used again: what was read is of the
            // message as long as its row still names the place.
            let current = try self.place(of: id)
            guard current.place != place else { return try piece.get() }
            (place, size) = current
        }
    }

    // MARK: operators

    /// One page of the queue, read beside the committer.
    package func list(after: QueueID?, limit: Int) throws(SpoolError) -> [Envelope] {
        try read { reader throws(DatabaseError) in try reader.list(after: after, limit: limit) }
    }

    /// Throws `.unknown` for an id that is not in the queue.
    package func envelope(of id: QueueID) throws(SpoolError) -> Envelope {
        let envelope = try read { reader throws(DatabaseError) in try reader.envelope(of: id) }
        guard let envelope else { throw .unknown(id) }
        return envelope
    }

    /// Works in portions of `batchMessages`, so that commits need not wait for a change of the whole queue.
    package func change(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Int {
        var changed = 0
        var rest = ids[...]
        repeat {
            if isClosing.load(ordering: .acquiring) { throw .closing }
            // In portions, so that a change of the whole queue does not keep commits waiting.
            let portion = Array(rest.prefix(max(1, settings.batchMessages)))
            changed += try submit(portion, change)
            rest = rest.dropFirst(portion.count)
        } while !rest.isEmpty
        return changed
    }

    private func submit(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Int {
        if ids.isEmpty { return 0 }
        let answer = Mutex<Result<Int, SpoolError>>(.failure(.closing))
        let done = DispatchSemaphore(value: 0)
        committer.submit(
            .change(ids, change) { result in
                answer.withLock { $0 = result }
                done.signal()
            }
        )
        done.wait()
        return try answer.withLock { $0 }.get()
    }

    /// Finishes staged bodies, commits and removals in this order; a second call does nothing.
    package func close() {
        guard !isClosing.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Staged bodies end first: they become commits.
        staging.drain()
        committer.close()
        // The files of messages that those commits and outcomes removed.
        staging.drain()
        reader.withLock { $0 = nil }
        lock.withLock { $0 = nil }
    }

    // MARK: drawers

    /// Has the committer look whether the disk is well again, by work that does nothing else.
    private func wakeProbe() {
        if gate.takeProbe() { committer.submit(.probe) }
    }

    private func place(of id: QueueID) throws(SpoolError) -> (place: BodyPlace, size: Int) {
        let found = try read { reader throws(DatabaseError) in try reader.place(of: id) }
        guard let found else { throw .unknown(id) }
        return found
    }

    private func read<Value: Sendable>(
        _ work: (QueueReader) throws(DatabaseError) -> Value
    ) throws(SpoolError) -> Value {
        try reader.withLock { reader throws(SpoolError) in
            guard let reader else { throw .closing }
            do throws(DatabaseError) {
                return try work(reader)
            } catch {
                throw error.spoolError
            }
        }
    }
}
