// SPDX-License-Identifier: Apache-2.0

import Spooling
import Statistics
import Synchronization

/// Which messages are in memory for delivery: no message is in it twice, and never more than the limit (Postfix: the
/// active queue).
///
/// Messages come from two sides, announced by the session that committed them and fetched from the spool, and both may
/// bring the same one. The lock is held for a few set operations, twice a message.
final class ActiveQueue: Sendable {
    private struct State {
        var members: [QueueID: DeliveryRound] = [:]
        /// Members that were fetched.
        var fetched: Set<QueueID> = []
        /// Messages that left while a fetch was under way: its answer may still name them.
        var left: Set<QueueID>?
        /// Messages that left a short while ago although their announcement may still come. Two generations.
        var recent: Set<QueueID> = []
        var older: Set<QueueID> = []
        var rotated: Int64 = 0
        /// Messages that an operator is changing.
        var withheld: Set<QueueID> = []
        /// Whether due messages are known to wait in the spool for room.
        var hasBacklog = false
        /// Whether a message was turned away since the last fetch began, whose answer then need not name it.
        var hasTurnedAway = false
    }

    /// A message this old, in milliseconds, has been announced if it ever will be.
    private static let announcementTime: Int64 = 60_000
    /// A transaction takes at most this long from MAIL to the commit, in milliseconds.
    private static let transactionTime: Int64 = 3_600_000
    /// Messages one fetch brings at most.
    private static let fetchLimit = 1_000

    private let limit: Atomic<Int>
    private let state = Mutex(State())
    private let count: Counter

    /// - Parameters:
    ///   - limit: messages in memory at most.
    ///   - count: is kept at the number of messages.
    init(limit: Int, count: Counter) {
        self.limit = Atomic(max(1, limit))
        self.count = count
    }

    func change(limit: Int) {
        self.limit.store(max(1, limit), ordering: .relaxed)
    }

    /// Takes an announced message in; false when it is here already, was here just now, or has to wait for room.
    func admit(_ round: DeliveryRound) -> Bool {
        let limit = limit.load(ordering: .relaxed)
        let id = round.id
        return state.withLock { state in
            guard state.members.count < limit else {
                state.hasBacklog = true
                state.hasTurnedAway = true
                return false
            }
            if !state.recent.isEmpty, state.recent.contains(id) { return false }
            if !state.older.isEmpty, state.older.contains(id) { return false }
            if !state.withheld.isEmpty, state.withheld.contains(id) { return false }
            guard state.members[id] == nil else { return false }
            state.members[id] = round
            count.set(state.members.count)
            return true
        }
    }

    /// Whether room begins to be short.
    var isHalfFull: Bool {
        let limit = limit.load(ordering: .relaxed)
        return state.withLock { $0.members.count >= (limit + 1) / 2 }
    }

    /// A message leaves; true when there is room for messages that wait in the spool.
    func leave(_ round: DeliveryRound, now: Int64) -> Bool {
        let limit = limit.load(ordering: .relaxed)
        let id = round.id
        return state.withLock { state in
            // why: a message that was taken back may have come again in the meantime.
            guard state.members[id] === round else { return false }
            state.members[id] = nil
            count.set(state.members.count)
            state.left?.insert(id)
            if !state.fetched.isEmpty, state.fetched.remove(id) != nil,
                now - round.message.envelope.arrival < ActiveQueue.announcementTime
            {
                state.recent.insert(id)
            }
            guard state.hasBacklog, state.left == nil else { return false }
            return state.members.count < limit && state.fetched.count <= min(ActiveQueue.fetchLimit, limit) / 2
        }
    }

    /// A fetch begins: how many messages it may bring, and which it must not. Nil when there is no room.
    func beginFetch(now: Int64) -> (limit: Int, excluding: Set<QueueID>)? {
        let limit = limit.load(ordering: .relaxed)
        return state.withLock { state in
            let room = min(limit - state.members.count, ActiveQueue.fetchLimit)
            guard room > 0 else {
                state.hasBacklog = true
                return nil
            }
            if now - state.rotated >= ActiveQueue.announcementTime {
                state.older = state.recent
                state.recent = []
                state.rotated = now
            }
            state.left = []
            state.hasTurnedAway = false
            return (room, Set(state.members.keys))
        }
    }

    /// A fetch is over: takes its messages in and returns those that may be delivered, and whether to look again at once:
    /// more is waiting, and nobody is in memory whose end would make room for it.
    ///
    /// - Parameter hasMore: whether the spool holds more that is due.
    func endFetch(
        _ messages: [QueuedMessage],
        hasMore: Bool,
        now: Int64
    ) -> (admitted: [DeliveryRound], looksAgain: Bool) {
        let limit = limit.load(ordering: .relaxed)
        return state.withLock { state in
            let left = state.left ?? []
            state.left = nil
            state.hasBacklog = hasMore || state.hasTurnedAway
            var admitted: [DeliveryRound] = []
            for message in messages {
                let id = message.envelope.id
                guard !left.contains(id), state.members[id] == nil, !state.withheld.contains(id) else { continue }
                // why: what was announced during the fetch may have taken the room.
                guard state.members.count < limit else {
                    state.hasBacklog = true
                    break
                }
                let round = DeliveryRound(message, now: now)
                state.members[id] = round
                state.fetched.insert(id)
                admitted.append(round)
            }
            count.set(state.members.count)
            // why: those whose end would have made room may all have left during the fetch, when nobody looked for more.
            return (admitted, state.hasBacklog && (admitted.isEmpty && hasMore || state.members.isEmpty))
        }
    }

    // MARK: operators

    /// Takes messages back, and keeps them away until `readmit`; those that are under way stay and are returned.
    ///
    /// - Parameter now: milliseconds since 1970.
    func withhold(_ ids: [QueueID], now: Int64) -> Set<QueueID> {
        state.withLock { state in
            var busy: Set<QueueID> = []
            for id in ids {
                if let round = state.members[id] {
                    guard round.withdraw() else {
                        busy.insert(id)
                        continue
                    }
                    state.members[id] = nil
                    state.fetched.remove(id)
                }
                state.withheld.insert(id)
                state.left?.insert(id)
                // why: the session that committed it may be about to announce it; ids are microseconds, and drawn at MAIL.
                if Int64(clamping: id.value / 1_000) > now - ActiveQueue.transactionTime { state.recent.insert(id) }
            }
            count.set(state.members.count)
            return busy
        }
    }

    /// The operator's change is made.
    func readmit(_ ids: [QueueID]) {
        state.withLock { state in
            for id in ids {
                state.withheld.remove(id)
                // why: a fetch that began before the change may name them as they were.
                state.left?.insert(id)
            }
        }
    }

    /// Those of these messages that are in memory.
    func members(among ids: [QueueID]) -> Set<QueueID> {
        state.withLock { state in Set(ids.filter { state.members[$0] != nil }) }
    }
}
