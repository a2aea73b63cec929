// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sessions that wait for a server of a backend, first come, first served.
struct WaitingLine: Sendable {
    /// A waiting session: its id, the channel that is told when its turn comes, and the client as `SourceHash` has it.
    struct Waiter: Sendable {
        let id: UInt64
        let channel: any Channel
        var source: UInt32 = 0
    }

    private var order = CircularBuffer<UInt64>()
    private var waiters: [UInt64: Waiter] = [:]

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    mutating func append(_ waiter: Waiter) {
        // What left early is still in `order`; it must not pile up there.
        if order.count > 2 * waiters.count + 64 { order = CircularBuffer(order.filter { waiters[$0] != nil }) }
        order.append(waiter.id)
        waiters[waiter.id] = waiter
    }

    mutating func popFirst() -> Waiter? {
        while let id = order.popFirst() {
            if let waiter = waiters.removeValue(forKey: id) { return waiter }
        }
        return nil
    }

    /// The one that has waited longest.
    var first: Waiter? {
        mutating get {
            while let id = order.first {
                if let waiter = waiters[id] { return waiter }
                _ = order.popFirst()
            }
            return nil
        }
    }

    /// A session gives up; false when it does not wait.
    mutating func remove(_ id: UInt64) -> Bool {
        waiters.removeValue(forKey: id) != nil
    }
}
