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
        var members: Set<QueueID> = []
        /// Members that were fetched.
        var fetched: Set<QueueID> = []
        /// Messages that left while a fetch was under way: its answer may still name them.
        var left: Set<QueueID>?
        /// Fetched messages that left a short while ago: their announcement may still come. Two generations.
        var recent: Set<QueueID> = []
        var older: Set<QueueID> = []
        var rotated: Int64 = 0
        /// Whether due messages are known to wait in the spool for room.
        var hasBacklog = false
        /// Whether a message was turned away since the last fetch began, whose answer then need not name it.
        var hasTurnedAway = false
    }

    /// A message this old, in milliseconds, has been announced if it ever will be.
    private static let announcementTime: Int64 = 60_000
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
    func admit(_ id: QueueID) -> Bool {
        let limit = limit.load(ordering: .relaxed)
        return state.withLock { state in
            guard state.members.count < limit else {
                state.hasBacklog = true
                state.hasTurnedAway = true
                return false
            }
            if !state.recent.isEmpty, state.recent.contains(id) { return false }
            if !state.older.isEmpty, state.older.contains(id) { return false }
            guard state.members.insert(id).inserted else { return false }
            count.set(state.members.count)
            return true
        }
    }

    /// A message leaves; true when there is room for messages that wait in the spool.
    func leave(_ id: QueueID, arrival: Int64, now: Int64) -> Bool {
        let limit = limit.load(ordering: .relaxed)
        return state.withLock { state in
            state.members.remove(id)
            count.set(state.members.count)
            state.left?.insert(id)
            if !state.fetched.isEmpty, state.fetched.remove(id) != nil,
                now - arrival < ActiveQueue.announcementTime
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
            return (room, state.members)
        }
    }

    /// A fetch is over: takes its messages in and returns those that may be delivered.
    ///
    /// - Parameter hasMore: whether the spool holds more that is due.
    func endFetch(_ messages: [QueuedMessage], hasMore: Bool) -> [QueuedMessage] {
        state.withLock { state in
            let left = state.left ?? []
            state.left = nil
            state.hasBacklog = hasMore || state.hasTurnedAway
            let admitted = messages.filter { message in
                guard !left.contains(message.envelope.id) else { return false }
                return state.members.insert(message.envelope.id).inserted
            }
            for message in admitted { state.fetched.insert(message.envelope.id) }
            count.set(state.members.count)
            return admitted
        }
    }
}
