// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The user event that tells a listening socket to look again whether it may accept.
struct AcceptResumed: Sendable {}

/// Counts the connections of all frontends together against `global maxconn`, and knows which listening sockets wait.
///
/// A full gate does not refuse: the connection stays in the kernel's queue until another one ends.
final class AcceptGate: Sendable {
    private let count = Atomic<Int>(0)
    private let limit: Atomic<Int>
    private let hasWaiting = Atomic<Bool>(false)
    private let waiting = Mutex<[any Channel]>([])

    init(limit: Int) {
        self.limit = Atomic(limit)
    }

    /// `global maxconn`.
    var maximum: Int { limit.load(ordering: .relaxed) }
    /// Connections of the process.
    var current: Int { count.load(ordering: .relaxed) }

    func setLimit(_ new: Int) {
        limit.store(new, ordering: .relaxed)
        resume()
    }

    /// Counts one more connection of `frontend`; false, and nothing counted, where a limit is reached.
    func enter(_ frontend: Frontend) -> Bool {
        // why asked first: a frontend that is full takes no place of the process, not even for a moment.
        guard frontend.mayEnter, GateCount.enter(count, limit: limit.load(ordering: .relaxed)) else {
            return false
        }
        guard frontend.enter() else {
            // Full since then. Who was refused for the place that is given back looks again.
            count.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            if hasWaiting.load(ordering: .sequentiallyConsistent) { resume() }
            return false
        }
        return true
    }

    /// A connection of `frontend` has ended.
    func leave(_ frontend: Frontend) {
        frontend.leave()
        count.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if hasWaiting.load(ordering: .sequentiallyConsistent) { resume() }
    }

    /// The listening socket gets an `AcceptResumed` event when there may be room again. Whoever calls this must look once
    /// more afterwards, since room may have come meanwhile.
    func wait(_ listener: any Channel) {
        waiting.withLock { $0.append(listener) }
        hasWaiting.store(true, ordering: .sequentiallyConsistent)
    }

    /// Tells everybody who waits to look again.
    func resume() {
        let listeners = waiting.withLock { waiting in
            hasWaiting.store(false, ordering: .sequentiallyConsistent)
            let listeners = waiting
            waiting.removeAll(keepingCapacity: true)
            return listeners
        }
        for listener in listeners { listener.pipeline.fireUserInboundEventTriggered(AcceptResumed()) }
    }
}

/// A bounded count that several threads change.
enum GateCount {
    /// Counts one more unless that would exceed `limit`; 0 or less is no limit. In one step: who is refused is not counted even for a
    /// moment, in which somebody else would be refused for it and wait beside an open place.
    static func enter(_ count: borrowing Atomic<Int>, limit: Int) -> Bool {
        var now = count.load(ordering: .sequentiallyConsistent)
        while limit <= 0 || now < limit {
            let result = count.compareExchange(expected: now, desired: now + 1, ordering: .sequentiallyConsistent)
            if result.exchanged { return true }
            now = result.original
        }
        return false
    }
}
