// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite struct LatencyHistogramTests {
    @Test(arguments: [
        (-1, 0), (0, 0), (100, 0), (101, 1), (1_000, 3), (1_001, 4), (5_000_000, 14), (5_000_001, 15), (Int.max, 15),
    ])
    func everyTimeHasItsBucket(microseconds: Int, bucket: Int) {
        let histogram = LatencyHistogram()
        histogram.record(microseconds)
        #expect(histogram.snapshot.counts.firstIndex(of: 1) == bucket)
        #expect(histogram.snapshot.total == 1)
    }

    @Test func quantilesAreBoundsThatHold() {
        let histogram = LatencyHistogram()
        #expect(histogram.snapshot.quantile(0.5) == nil)
        for _ in 0..<98 { histogram.record(80) }
        histogram.record(900)
        histogram.record(9_000_000)
        #expect(histogram.snapshot.quantile(0) == 100)
        #expect(histogram.snapshot.quantile(0.5) == 100)
        #expect(histogram.snapshot.quantile(0.99) == 1_000)
        #expect(histogram.snapshot.quantile(1) == 10_000_000)
        #expect(histogram.snapshot.quantile(7) == 10_000_000)
    }

    @Test func twoLooksAreSubtracted() {
        let histogram = LatencyHistogram()
        histogram.record(80)
        let before = histogram.snapshot
        histogram.record(300)
        #expect(histogram.snapshot.since(before).total == 1)
        #expect(histogram.snapshot.since(before).sum == 300)
        #expect(before.since(histogram.snapshot).total == 0)
    }
}
