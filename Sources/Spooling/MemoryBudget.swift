// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The bytes that message bodies may take in memory, shared by every session and delivery.
package final class MemoryBudget: Sendable {
    /// The limit in bytes.
    package let limit: Int
    private let reserved = Counter()

    /// `limit` in bytes; one budget for sessions and deliveries together.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes reserved now.
    package var used: Int { reserved.value }

    /// Reserves `count` bytes; false when that would exceed the limit, and then nothing is reserved.
    package func reserve(_ count: Int) -> Bool {
        guard reserved.add(count) <= limit else {
            reserved.add(-count)
            return false
        }
        return true
    }

    /// Gives `count` reserved bytes back.
    package func release(_ count: Int) {
        reserved.add(-count)
    }
}
