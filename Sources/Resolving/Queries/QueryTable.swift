// SPDX-License-Identifier: Apache-2.0

/// Who waits for which question: one query for many askers, each with a deadline, all of it bounded.
///
/// A query whose askers have all given up stays until its answer comes: the library is still at work on it, so it counts
/// towards the limit, and the next asker joins it. All askers wait equally long, so deadlines stand in a line.
package struct QueryTable<Asker: Sendable>: Sendable {
    /// One asker's place, to give it up.
    package struct Ticket: Sendable, Hashable {
        /// The query that is waited for.
        package let query: UInt64
        let number: UInt64
    }

    /// What to do about a question.
    package enum OnAsk: Sendable, Equatable {
        /// Send the query of the ticket.
        case start(Ticket)
        /// It is under way.
        case join(Ticket)
        /// Too many wait.
        case refuse
    }

    private struct Query {
        let question: Question
        var askers: [UInt64: Asker]
    }

    private struct Deadline {
        let time: Int64
        let ticket: Ticket
    }

    private let maximumQueries: Int
    private let maximumAskers: Int
    private var queries: [UInt64: Query] = [:]
    private var byQuestion: [Question: UInt64] = [:]
    private var deadlines: [Deadline] = []
    /// Deadlines before this index are over.
    private var firstDeadline = 0
    private var lastNumber: UInt64 = 0

    /// Askers waiting now.
    package private(set) var askers = 0
    /// Queries under way now, with or without askers.
    package var count: Int { queries.count }

    /// Further questions are refused: `maximumQueries` under way, `maximumAskers` waiting.
    package init(maximumQueries: Int, maximumAskers: Int) {
        self.maximumQueries = maximumQueries
        self.maximumAskers = maximumAskers
    }

    /// Somebody asks and waits until the deadline, which is not before any earlier asker's.
    package mutating func ask(_ question: Question, asker: Asker, deadline: Int64) -> OnAsk {
        guard askers < maximumAskers else { return .refuse }
        if let id = byQuestion[question], queries[id] != nil {
            let ticket = Ticket(query: id, number: nextNumber())
            queries[id]?.askers[ticket.number] = asker
            line(up: ticket, until: deadline)
            return .join(ticket)
        }
        guard queries.count < maximumQueries else { return .refuse }
        let id = nextNumber()
        let ticket = Ticket(query: id, number: id)
        queries[id] = Query(question: question, askers: [id: asker])
        byQuestion[question] = id
        line(up: ticket, until: deadline)
        return .start(ticket)
    }

    /// An asker gives up; its closure comes back unless it has been answered already.
    package mutating func leave(_ ticket: Ticket) -> Asker? {
        guard let asker = queries[ticket.query]?.askers.removeValue(forKey: ticket.number) else { return nil }
        askers -= 1
        tidyDeadlines()
        return asker
    }

    /// The library is done with a query; nil when it was none.
    package mutating func finished(_ query: UInt64) -> (question: Question, askers: [Asker])? {
        guard let done = queries.removeValue(forKey: query) else { return nil }
        byQuestion[done.question] = nil
        askers -= done.askers.count
        tidyDeadlines()
        return (done.question, Array(done.askers.values))
    }

    /// Those who have waited long enough, with what they asked.
    package mutating func expired(at now: Int64) -> [(question: Question, asker: Asker)] {
        var gone: [(Question, Asker)] = []
        while firstDeadline < deadlines.count, deadlines[firstDeadline].time <= now {
            let ticket = deadlines[firstDeadline].ticket
            firstDeadline += 1
            guard let asker = queries[ticket.query]?.askers.removeValue(forKey: ticket.number) else { continue }
            askers -= 1
            if let question = queries[ticket.query]?.question { gone.append((question, asker)) }
        }
        tidyDeadlines()
        return gone
    }

    /// When somebody's time is up next; nil when nobody waits. May be early, when that asker has left.
    package var nextDeadline: Int64? {
        firstDeadline < deadlines.count ? deadlines[firstDeadline].time : nil
    }

    /// Everything ends.
    package mutating func removeAll() -> [Asker] {
        let all = queries.values.flatMap { $0.askers.values }
        queries = [:]
        byQuestion = [:]
        deadlines = []
        firstDeadline = 0
        askers = 0
        return all
    }

    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func line(up ticket: Ticket, until time: Int64) {
        askers += 1
        deadlines.append(Deadline(time: time, ticket: ticket))
    }

    /// Forgets the deadlines of those who no longer wait, before they outnumber the others.
    private mutating func tidyDeadlines() {
        let standing = deadlines.count - firstDeadline
        guard askers > 0 else {
            deadlines.removeAll(keepingCapacity: standing < 1_024)
            firstDeadline = 0
            return
        }
        guard firstDeadline > 1_024 || standing > 2 * askers + 1_024 else { return }
        deadlines = deadlines[firstDeadline...].filter { queries[$0.ticket.query]?.askers[$0.ticket.number] != nil }
        firstDeadline = 0
    }
}
