// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// The one thread that changes the queue: whatever waits goes into one transaction, and the next batch forms meanwhile.
///
/// An idle committer starts at once with a message somebody waits for, a busy one takes everything that came while it was
/// syncing. So latency is low when little happens, and one sync serves many sessions when much does. Nobody waits for the
/// result of a delivery: it rides with the next message, and gets a transaction of its own only when none comes for a
/// moment. Losing that moment costs a second delivery, never a message.
final class Committer: Sendable {
    private struct Waiting {
        var work: [Work] = []
        /// How much of it somebody waits for.
        var urgent = 0
        var isRunning = false
        /// Whether the moment for patient work is already running.
        var isTimed = false
    }

    private let batchMessages: Int
    private let batchBytes: Int
    private let patience: DispatchTimeInterval
    private let budget: MemoryBudget
    private let statistics: SpoolStatistics
    private let queue = DispatchQueue(label: "relaybox.spool.committer")
    private let waiting = Mutex(Waiting())
    private let writer: Mutex<Housekeeper?>

    init(
        _ writer: sending Housekeeper,
        batchMessages: Int,
        batchBytes: Int,
        outcomeDelay: Int,
        budget: MemoryBudget,
        statistics: SpoolStatistics
    ) {
        self.writer = Mutex(writer)
        self.batchMessages = max(1, batchMessages)
        self.batchBytes = max(1, batchBytes)
        patience = .milliseconds(max(0, outcomeDelay))
        self.budget = budget
        self.statistics = statistics
    }

    /// How much waits.
    var backlog: Int { waiting.withLock { $0.work.count } }

    /// Hands work over; it is told how it ended from the committer's thread.
    func submit(_ work: Work) {
        let (mustStart, mustWait) = waiting.withLock { waiting in
            waiting.work.append(work)
            if !work.isPatient { waiting.urgent += 1 }
            guard !waiting.isRunning else { return (false, false) }
            if waiting.urgent > 0 || waiting.work.count >= batchMessages {
                waiting.isRunning = true
                return (true, false)
            }
            defer { waiting.isTimed = true }
            return (false, !waiting.isTimed)
        }
        if mustStart { queue.async { self.drain() } }
        if mustWait { wait() }
    }

    /// Finishes what was submitted and closes the store. Blocks; never called from a completion.
    func close() {
        queue.sync {
            drain(everything: true)
            writer.withLock { writer in
                writer?.close()
                writer = nil
            }
        }
    }

    // MARK: on the thread

    /// - Parameter everything: also work that could wait for company.
    private func drain(everything: Bool = false) {
        while true {
            let batch = take(everything: everything)
            if batch.isEmpty { return }
            process(batch)
        }
    }

    /// After a moment, what is left of the patient work is done by itself.
    private func wait() {
        queue.asyncAfter(deadline: .now() + patience) {
            let mustStart = self.waiting.withLock { waiting in
                waiting.isTimed = false
                defer { waiting.isRunning = true }
                return !waiting.isRunning
            }
            if mustStart { self.drain(everything: true) }
        }
    }

    /// Everything that waits, within the limits of a batch; nothing when all of it can wait longer.
    private func take(everything: Bool) -> [Work] {
        let (batch, mustWait) = waiting.withLock { waiting -> ([Work], Bool) in
            if waiting.work.isEmpty || !(everything || waiting.urgent > 0 || waiting.work.count >= batchMessages) {
                waiting.isRunning = false
                guard !waiting.work.isEmpty, !waiting.isTimed else { return ([], false) }
                waiting.isTimed = true
                return ([], true)
            }
            var bytes = 0
            var count = 0
            for work in waiting.work {
                bytes += work.weight
                if count > 0, count >= batchMessages || bytes > batchBytes { break }
                count += 1
                if !work.isPatient { waiting.urgent -= 1 }
            }
            guard count < waiting.work.count else {
                defer { waiting.work = [] }
                return (waiting.work, false)
            }
            defer { waiting.work.removeFirst(count) }
            return (Array(waiting.work.prefix(count)), false)
        }
        if mustWait { wait() }
        return batch
    }

    private func process(_ batch: [Work]) {
        let clock = ContinuousClock()
        let start = clock.now
        let endings = writer.withLock { $0?.run(batch) }
        let spent = (clock.now - start).microseconds
        statistics.batches.add()
        statistics.batchItems.add(batch.count)
        statistics.commitMicroseconds.add(spent)
        statistics.slowestCommitMicroseconds.raise(to: spent)
        statistics.commitLatency.record(spent)
        for (index, work) in batch.enumerated() {
            work.complete(settle(work, endings?[index] ?? .failed(.closing)))
        }
        // Nobody waits for this: it happens between the answers to one batch and the sync of the next.
        writer.withLock { $0?.keepHouse() }
    }

    /// The body stays in memory for delivery while less than half of the budget is used, and else gives its share back.
    private func settle(_ work: Work, _ ending: Work.Ending) -> Work.Ending {
        if case .failed = ending { statistics.failures.add() }
        guard case .commit(_, .memory(let bytes), _) = work else { return ending }
        if case .committed(var message) = ending, budget.used <= budget.limit / 2 {
            message.body = HeldBody(reserved: bytes, from: budget)
            return .committed(message)
        }
        budget.release(bytes.readableBytes)
        return ending
    }
}

extension Duration {
    /// Whole microseconds.
    fileprivate var microseconds: Int {
        Int(components.seconds) * 1_000_000 + Int(components.attoseconds / 1_000_000_000_000)
    }
}
