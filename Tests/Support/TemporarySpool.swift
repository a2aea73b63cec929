// SPDX-License-Identifier: Apache-2.0

package import Spooling
package import struct NIOCore.ByteBuffer
import Synchronization

/// A spool that keeps everything in memory and does what a test tells it: for rooms that need a queue but no disk.
///
/// Completions run before the call returns, unless the test pauses the spool: then they wait for `proceed()`.
package final class MemorySpool: Spool {
    struct Stored {
        var envelope: Envelope
        var body: ByteBuffer
    }

    private struct State {
        var messages: [QueueID: Stored] = [:]
        var failure: SpoolError?
        var closed = false
        var paused = false
        var waiting: [@Sendable () -> Void] = []
        var searched: (@Sendable () -> Void)?
    }

    package let statistics = SpoolStatistics()
    package let budget: MemoryBudget
    private let ids = QueueIDGenerator(after: 0)
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: the bytes all bodies may take together.
    ///   - now: milliseconds since 1970.
    package init(limit: Int = 1 << 27, now: @escaping @Sendable () -> Int64 = { 1_700_000_000_000 }) {
        budget = MemoryBudget(limit: limit)
        self.now = now
    }

    // MARK: what a test may ask and tell

    /// From now on every draft, commit and outcome fails with this; nil: all is well again.
    package func fail(with failure: SpoolError?) {
        state.withLock { $0.failure = failure }
        statistics.change(health: failure.map { .shedding("\($0)") } ?? .ok)
    }

    /// Commits and outcomes wait, as if the disk were slow, until `proceed()`.
    package func pause() {
        state.withLock { $0.paused = true }
    }

    /// Does what has been waiting, in order, and waits no longer.
    package func proceed() {
        let waiting = state.withLock { state in
            state.paused = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for work in waiting { work() }
    }

    /// Does the first of what has been waiting; the others wait on.
    package func proceedOne() {
        let first = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        first?()
    }

    /// Runs once, when the next search for due mail has its answer and nobody has it yet.
    package func whenSearched(_ work: @escaping @Sendable () -> Void) {
        state.withLock { $0.searched = work }
    }

    /// Commits and outcomes that wait.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    /// Everything in the queue, in order of id.
    package var messages: [(envelope: Envelope, body: ByteBuffer)] {
        state.withLock { state in
            state.messages.values.sorted { $0.envelope.id < $1.envelope.id }.map { ($0.envelope, $0.body) }
        }
    }

    /// Puts a message into the queue as a commit would, and returns what was queued.
    @discardableResult
    package func add(_ envelope: Envelope, body: String) -> QueuedMessage {
        store(envelope, id: ids.next(at: now()), body: ByteBuffer(string: body))
    }

    // MARK: Spool

    package func draft() throws(SpoolError) -> any Draft {
        if let error = refusal() { throw error }
        return MemoryDraft(id: ids.next(at: now()), budget: budget)
    }

    package func commit(
        _ draft: any Draft,
        _ envelope: Envelope,
        completion: @escaping @Sendable (Result<QueuedMessage, SpoolError>) -> Void
    ) {
        guard let draft = draft as? MemoryDraft, let body = draft.take() else {
            return completion(.failure(.unknown(draft.id)))
        }
        let id = draft.id
        perform { [self] in
            if let error = refusal() {
                statistics.failures.add()
                completion(.failure(error))
            } else if !envelope.recipients.contains(where: { $0.state == .pending }) {
                completion(.failure(.disk("a message without a pending recipient")))
            } else {
                completion(.success(store(envelope, id: id, body: body)))
            }
        }
    }

    package func record(
        _ outcome: Outcome,
        completion: @escaping @Sendable (Result<OutcomeReceipt, SpoolError>) -> Void
    ) {
        perform { [self] in
            if let error = refusal() {
                statistics.failures.add()
                return completion(.failure(error))
            }
            let removed: Bool? = state.withLock { state in
                guard var stored = state.messages[outcome.id] else { return nil }
                for (index, recipient) in outcome.recipients where stored.envelope.recipients.indices.contains(index) {
                    guard stored.envelope.recipients[index].state == .pending else { continue }
                    let address = stored.envelope.recipients[index].address
                    stored.envelope.recipients[index] = recipient
                    stored.envelope.recipients[index].address = address
                }
                let gone = !stored.envelope.recipients.contains { $0.state == .pending }
                state.messages[outcome.id] = gone ? nil : stored
                return gone
            }
            guard let removed else { return completion(.failure(.unknown(outcome.id))) }
            if removed {
                statistics.removed.add()
                statistics.queued.add(-1)
            }
            let report = outcome.report.map { store($0.envelope, id: ids.next(at: now()), body: $0.body) }
            completion(.success(OutcomeReceipt(removed: removed, report: report)))
        }
    }

    package func due(
        at time: Int64,
        limit: Int,
        excluding: Set<QueueID>
    ) throws(SpoolError) -> (messages: [QueuedMessage], next: Int64?) {
        if isClosed { throw .closing }
        let waiting = messages.compactMap { message -> (due: Int64, envelope: Envelope)? in
            let due = message.envelope.recipients.filter { $0.state == .pending }.map(\.due).min()
            guard let due, !message.envelope.held, !excluding.contains(message.envelope.id) else { return nil }
            return (due, message.envelope)
        }.sorted { ($0.due, $0.envelope.id) < ($1.due, $1.envelope.id) }
        let taken = waiting.prefix(max(0, limit)).prefix { $0.due <= time }
        let searched = state.withLock { state in
            defer { state.searched = nil }
            return state.searched
        }
        searched?()
        return (
            taken.map { QueuedMessage(envelope: $0.envelope, body: nil) }, waiting.dropFirst(taken.count).first?.due
        )
    }

    package func body(of id: QueueID, offset: Int, limit: Int) throws(SpoolError) -> ByteBuffer {
        if isClosed { throw .closing }
        guard let stored = state.withLock({ $0.messages[id] }) else { throw .unknown(id) }
        let start = min(max(0, offset), stored.body.readableBytes)
        let length = min(max(0, limit), stored.body.readableBytes - start)
        return stored.body.getSlice(at: stored.body.readerIndex + start, length: length) ?? ByteBuffer()
    }

    package func list(after: QueueID?, limit: Int) throws(SpoolError) -> [Envelope] {
        if isClosed { throw .closing }
        let first = after.map { $0.value } ?? 0
        return messages.map(\.envelope).filter { $0.id.value > first }.prefix(max(0, limit)).map { $0 }
    }

    package func envelope(of id: QueueID) throws(SpoolError) -> Envelope {
        if isClosed { throw .closing }
        guard let stored = state.withLock({ $0.messages[id] }) else { throw .unknown(id) }
        return stored.envelope
    }

    package func change(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Int {
        if isClosed { throw .closing }
        return state.withLock { state in
            var changed = 0
            for id in ids {
                guard var stored = state.messages[id] else { continue }
                changed += 1
                switch change {
                case .hold: stored.envelope.held = true
                case .release: stored.envelope.held = false
                case .delete:
                    state.messages[id] = nil
                    statistics.removed.add()
                    statistics.queued.add(-1)
                    continue
                case .reschedule(let time):
                    for index in stored.envelope.recipients.indices
                    where stored.envelope.recipients[index].state == .pending {
                        stored.envelope.recipients[index].due = time
                    }
                }
                state.messages[id] = stored
            }
            return changed
        }
    }

    package func close() {
        proceed()
        state.withLock { $0.closed = true }
    }

    // MARK: drawers

    private var isClosed: Bool { state.withLock { $0.closed } }

    private func refusal() -> SpoolError? {
        state.withLock { $0.closed ? .closing : $0.failure }
    }

    private func perform(_ work: @escaping @Sendable () -> Void) {
        let waits = state.withLock { state in
            if state.paused { state.waiting.append(work) }
            return state.paused
        }
        if !waits { work() }
    }

    private func store(_ envelope: Envelope, id: QueueID, body: ByteBuffer) -> QueuedMessage {
        var envelope = envelope
        envelope.id = id
        envelope.size = body.readableBytes
        envelope.arrival = now()
        for index in envelope.recipients.indices where envelope.recipients[index].due == 0 {
            envelope.recipients[index].due = envelope.arrival
        }
        let stored = Stored(envelope: envelope, body: body)
        state.withLock { $0.messages[id] = stored }
        statistics.committed.add()
        statistics.queued.add()
        let held = budget.used <= budget.limit / 2 && budget.reserve(body.readableBytes)
        return QueuedMessage(envelope: envelope, body: held ? HeldBody(reserved: body, from: budget) : nil)
    }
}

/// A draft that only knows memory.
private final class MemoryDraft: Draft {
    let id: QueueID
    private let budget: MemoryBudget
    private var bytes = ByteBuffer()
    private var taken = false

    init(id: QueueID, budget: MemoryBudget) {
        self.id = id
        self.budget = budget
    }

    deinit {
        if !taken { budget.release(bytes.readableBytes) }
    }

    var size: Int { bytes.readableBytes }

    func append(_ more: ByteBuffer, resume: @escaping @Sendable () -> Void) throws(SpoolError) -> DraftRoom {
        guard !taken else { throw .unknown(id) }
        guard budget.reserve(more.readableBytes) else { throw .busy }
        bytes.writeImmutableBuffer(more)
        return .ready
    }

    func read(
        at offset: Int,
        limit: Int,
        completion: @escaping @Sendable (Result<ByteBuffer, SpoolError>) -> Void
    ) {
        let start = bytes.readerIndex + min(max(0, offset), size)
        completion(.success(bytes.getSlice(at: start, length: min(limit, bytes.writerIndex - start)) ?? ByteBuffer()))
    }

    func take() -> ByteBuffer? {
        guard !taken else { return nil }
        taken = true
        budget.release(bytes.readableBytes)
        return bytes
    }
}
