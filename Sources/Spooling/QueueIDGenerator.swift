// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The source of queue ids: microseconds since 1970, counted up where the clock does not move or steps back.
package final class QueueIDGenerator: Sendable {
    /// The smallest id whose text has the ten digits log tools look for.
    private static let lowest: UInt64 = 1 << 36
    /// The largest id a `QueueID` may have.
    private static let highest: UInt64 = (1 << 60) - 1

    private let last: Atomic<UInt64>

    /// Starts above `highest`, the largest id the store may ever have given out.
    package init(after highest: UInt64) {
        last = Atomic(min(max(highest, QueueIDGenerator.lowest), QueueIDGenerator.highest))
    }

    /// Draws an id that no other call gets, larger than all before it.
    ///
    /// - Parameter now: milliseconds since 1970.
    package func next(at now: Int64) -> QueueID {
        let clock = UInt64(clamping: now).multipliedReportingOverflow(by: 1000)
        let wanted = clock.overflow ? 0 : clock.partialValue
        var current = last.load(ordering: .relaxed)
        while true {
            var candidate = current + 1
            if wanted > candidate, wanted <= QueueIDGenerator.highest { candidate = wanted }
            // why no error: ids reach the end in the year 38,500; counting from the bottom again beats a trap.
            if candidate > QueueIDGenerator.highest { candidate = QueueIDGenerator.lowest }
            let result = last.compareExchange(expected: current, desired: candidate, ordering: .relaxed)
            if result.exchanged { return QueueID(value: candidate) }
            current = result.original
        }
    }
}
