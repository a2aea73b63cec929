// SPDX-License-Identifier: Apache-2.0

/// How long something took, counted in buckets whose bounds never change, so that two looks can be subtracted.
package final class LatencyHistogram: Sendable {
    /// Upper bounds of the buckets, microseconds; what took longer is in one more bucket behind them.
    package static let bounds = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000,
    ]

    /// What a histogram held at one moment.
    package struct Snapshot: Sendable, Equatable {
        /// One more than there are bounds.
        package var counts: [Int]
        /// Microseconds.
        package var sum: Int

        package init() {
            counts = LatencyHistogram.bounds.map { _ in 0 } + [0]
            sum = 0
        }

        /// How many were counted.
        package var total: Int { counts.reduce(0, &+) }

        /// What came between an earlier look and this one.
        package func since(_ earlier: Snapshot) -> Snapshot {
            var difference = self
            for index in counts.indices where index < earlier.counts.count {
                difference.counts[index] = max(0, counts[index] &- earlier.counts[index])
            }
            difference.sum = max(0, sum &- earlier.sum)
            return difference
        }

        /// The bound, in microseconds, that `share` (0 to 1) of everything stayed within; nil when there was nothing.
        /// What is beyond the last bound counts as twice the last bound.
        package func quantile(_ share: Double) -> Int? {
            let total = total
            guard total > 0 else { return nil }
            let wanted = max(1, Int((Double(total) * min(max(share, 0), 1)).rounded(.up)))
            var seen = 0
            for (index, count) in counts.enumerated() {
                seen &+= count
                if seen >= wanted, index < LatencyHistogram.bounds.count { return LatencyHistogram.bounds[index] }
            }
            return (LatencyHistogram.bounds.last ?? 0) * 2
        }
    }

    private let buckets: [Counter] = (0...LatencyHistogram.bounds.count).map { _ in Counter() }
    private let sum = Counter()

    package init() {}

    /// Counts one that took so many microseconds.
    package func record(_ microseconds: Int) {
        let index = LatencyHistogram.bounds.firstIndex { microseconds <= $0 } ?? LatencyHistogram.bounds.count
        buckets[index].add()
        sum.add(max(0, microseconds))
    }

    /// The buckets as they are now.
    package var snapshot: Snapshot {
        var snapshot = Snapshot()
        for (index, bucket) in buckets.enumerated() { snapshot.counts[index] = bucket.value }
        snapshot.sum = sum.value
        return snapshot
    }
}
