// SPDX-License-Identifier: Apache-2.0

import CUnbound
import Glibc
import Synchronization

/// The questions under way, the cache, and the thread that carries both to libunbound and back.
///
/// Every call into libunbound happens on that thread: askers leave their question under a short lock and ring a bell, so
/// that an event loop never waits for the library. libunbound's callbacks carry a number, never an address: the
/// resolver's in the upper bits, the query's in the lower; a number nobody knows any more is passed over.
final class ResolverLoop: Sendable {
    typealias Completion = @Sendable (AnswerCache.Outcome) -> Void

    private struct State {
        var cache: AnswerCache
        var table: QueryTable<Completion>
        var outbox: [(query: UInt64, question: Question)] = []
        var counts = ResolverCounts()
        var isClosed = false
        /// Whether the thread calls nobody any more, and whom that is told to.
        var isOver = false
        var ended: [@Sendable () -> Void] = []
    }

    /// Bits of a tag that number the query.
    private static let queryBits: UInt64 = 40
    private static let running = Mutex<(last: UInt64, loops: [UInt64: ResolverLoop])>((0, [:]))

    private let timeout: Int64
    private let maximumRecords: Int
    private let now: @Sendable () -> Int64
    private let bell: Int32
    private let state: Mutex<State>

    /// Starts the thread.
    init(_ context: consuming ResolverContext, settings: ResolverSettings, now: @escaping @Sendable () -> Int64)
        throws(ResolverError)
    {
        timeout = min(max(settings.timeout, 1), 3_600_000)
        maximumRecords = max(settings.maximumRecords, 0)
        self.now = now
        state = Mutex(
            State(
                cache: AnswerCache(settings: settings.cache),
                table: QueryTable(maximumQueries: settings.maximumQueries, maximumAskers: settings.maximumAskers)
            )
        )
        bell = relaybox_bell()
        guard bell >= 0 else { throw .library("no descriptor left") }
        let loop = self
        try ResolverThread.start(context) { context in loop.run(context) }
    }

    deinit {
        if bell >= 0 { Glibc.close(bell) }
    }

    // MARK: Asking, from any thread

    /// Answers from the cache before it returns, or asks; nil when it is answered, else the place to give up.
    func ask(_ question: Question, completion: @escaping Completion) -> QueryTable<Completion>.Ticket? {
        enum Step {
            case done(AnswerCache.Outcome)
            case wait(QueryTable<Completion>.Ticket, ring: Bool)
        }
        let time = now()
        let deadline = ResolverClock.milliseconds() + timeout
        let step: Step = state.withLock { state in
            if state.isClosed { return .done(.failure(.closed)) }
            if let outcome = state.cache.outcome(of: question, now: time) {
                state.counts.hits += 1
                return .done(outcome)
            }
            let idle = state.table.nextDeadline == nil
            switch state.table.ask(question, asker: completion, deadline: deadline) {
            case .start(let ticket):
                state.counts.queries += 1
                state.outbox.append((ticket.query, question))
                return .wait(ticket, ring: state.outbox.count == 1)
            case .join(let ticket):
                state.counts.joins += 1
                return .wait(ticket, ring: idle)
            case .refuse:
                state.counts.refusals += 1
                return .done(.failure(.overloaded))
            }
        }
        switch step {
        case .done(let outcome):
            completion(outcome)
            return nil
        case .wait(let ticket, let ring):
            if ring { self.ring() }
            return ticket
        }
    }

    /// Gives up; false when the completion has been called or is about to be.
    func leave(_ ticket: QueryTable<Completion>.Ticket) -> Bool {
        state.withLock { $0.table.leave(ticket) } != nil
    }

    var counts: ResolverCounts {
        state.withLock { state in
            var counts = state.counts
            counts.waiting = state.table.askers
            counts.underWay = state.table.count
            counts.kept = state.cache.count
            return counts
        }
    }

    /// Ends the thread; everybody who waits gets `closed`. `completion` runs after the last of them, on that thread or this one.
    func close(then completion: @escaping @Sendable () -> Void = {}) {
        let isOver = state.withLock { state in
            state.isClosed = true
            if !state.isOver { state.ended.append(completion) }
            return state.isOver
        }
        if isOver { completion() } else { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    // MARK: On the thread

    private func run(_ context: borrowing ResolverContext) {
        let number = Self.running.withLock { running in
            running.last += 1
            running.loops[running.last] = self
            return running.last
        }
        var waiting = [
            pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
            pollfd(fd: context.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let (closed, outbox, next) = state.withLock { state in
                defer { state.outbox = [] }
                return (state.isClosed, state.outbox, state.table.nextDeadline)
            }
            if closed { break }
            for (query, question) in outbox {
                send(question, query: query, tag: number << Self.queryBits | query, through: context)
            }
            let pause = next.map { min(max($0 - ResolverClock.milliseconds(), 0), 60_000) } ?? -1
            let ready = poll(&waiting, nfds_t(waiting.count), Int32(pause))
            if ready > 0, waiting[0].revents != 0 {
                var rings: UInt64 = 0
                _ = read(bell, &rings, 8)
            }
            // why: a pipe that is broken stays readable; without it questions end by their time.
            if ready > 0, waiting[1].revents != 0, !process(context) { waiting[1].fd = -1 }
            expire()
        }
        Self.running.withLock { $0.loops[number] = nil }
        for completion in state.withLock({ $0.table.removeAll() }) { completion(.failure(.closed)) }
        let ended = state.withLock { state in
            state.isOver = true
            defer { state.ended = [] }
            return state.ended
        }
        for completion in ended { completion() }
    }

    private func send(_ question: Question, query: UInt64, tag: UInt64, through context: borrowing ResolverContext) {
        do throws(ResolverError) {
            try context.send(question, tag: UInt(truncatingIfNeeded: tag))
        } catch {
            finished(query, .failure(error))
        }
    }

    /// False when the pipe from the library is broken.
    private func process(_ context: borrowing ResolverContext) -> Bool {
        do throws(ResolverError) {
            try context.process()
            return true
        } catch {
            // No answer to what is under way will come.
            for completion in state.withLock({ $0.table.removeAll() }) { completion(.failure(error)) }
            return false
        }
    }

    private func expire() {
        let clock = ResolverClock.milliseconds()
        guard let next = state.withLock({ $0.table.nextDeadline }), next <= clock else { return }
        let time = now()
        let late = state.withLock { state in
            let late = state.table.expired(at: clock)
            state.counts.timeouts += UInt64(late.count)
            for (question, _) in late { state.cache.keep(.failure(.timedOut), of: question, now: time) }
            return late
        }
        for (_, completion) in late { completion(.failure(.timedOut)) }
    }

    /// libunbound's callback, called within `process`.
    static func arrived(tag: UInt, outcome: AnswerCache.Outcome) {
        let tag = UInt64(tag)
        let loop = running.withLock { $0.loops[tag >> queryBits] }
        loop?.finished(tag & (1 << queryBits - 1), outcome)
    }

    private func finished(_ query: UInt64, _ outcome: AnswerCache.Outcome) {
        var outcome = outcome
        if case .success(var answer) = outcome, answer.records.count > maximumRecords {
            answer.records.removeLast(answer.records.count - maximumRecords)
            outcome = .success(answer)
        }
        let time = now()
        let (askers, kept) = state.withLock { state in
            guard let (question, askers) = state.table.finished(query) else { return ([Completion](), outcome) }
            if case .failure = outcome { state.counts.failures += 1 }
            return (askers, state.cache.keep(outcome, of: question, now: time))
        }
        for completion in askers { completion(kept) }
    }
}
