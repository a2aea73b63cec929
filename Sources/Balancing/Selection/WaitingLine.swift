// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Sessions that wait for a server of a backend, first come, first served.
struct WaitingLine: Sendable {
    /// A waiting session: its id, and the channel that is told when its turn comes.
    struct Waiter: Sendable {
        let id: UInt64
        let channel: any Channel
    }

    private var order = CircularBuffer<UInt64>()
    private var waiters: [UInt64: any Channel] = [:]

    var count: Int { waiters.count }
    var isEmpty: Bool { waiters.isEmpty }

    mutating func append(_ waiter: Waiter) {
        // What left early is still in `order`; it must not pile up there.
        if order.count > 2 * waiters.count + 64 { order = CircularBuffer(order.filter { waiters[$0] != nil }) }
        order.append(waiter.id)
        waiters[waiter.id] = waiter.channel
    }

    mutating func popFirst() -> Waiter? {
        while let id = order.popFirst() {
            if let channel = waiters.removeValue(forKey: id) { return Waiter(id: id, channel: channel) }
        }
        return nil
    }

    /// A session gives up; false when it does not wait.
    mutating func remove(_ id: UInt64) -> Bool {
        waiters.removeValue(forKey: id) != nil
    }
}
