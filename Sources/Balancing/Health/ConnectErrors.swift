// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts the connections to a server that failed one after the other; sessions on all event loops tell it.
package final class ConnectErrors: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    /// A connection stands.
    package func succeeded() {
        if count.load(ordering: .relaxed) != 0 { count.store(0, ordering: .relaxed) }
    }

    /// A connection failed. True when these were as many as `limit`; the count begins anew then.
    package func failed(limit: Int) -> Bool {
        var before = count.load(ordering: .relaxed)
        while true {
            let isLast = before + 1 >= limit
            let result = count.compareExchange(expected: before, desired: isLast ? 0 : before + 1, ordering: .relaxed)
            if result.exchanged { return isLast }
            before = result.original
        }
    }
}
