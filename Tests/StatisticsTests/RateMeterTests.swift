// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite struct RateMeterTests {
    /// Times in milliseconds at which something happens, when the rate is read, and what it must be then.
    @Test(
        arguments: [
            ([], 5_000, 0, 0),
            ([1_000, 1_100, 1_200], 1_900, 3, 3),
            // Half of the last second still counts.
            ([1_000, 1_100, 1_200, 1_300], 2_500, 2, 4),
            ([1_000, 1_100], 3_000, 0, 2),
            // A late event of a slower loop counts into the current second.
            ([2_000, 1_999], 2_100, 2, 2),
        ] as [([Int64], Int64, Int, Int)]
    )
    func slides(ticks: [Int64], now: Int64, current: Int, maximum: Int) {
        let meter = RateMeter()
        for tick in ticks { meter.tick(at: tick) }
        let rate = meter.rate(at: now)
        #expect(rate.current == current)
        #expect(rate.maximum == maximum)
    }

    @Test func forgetsItsMaximum() {
        let meter = RateMeter()
        meter.tick(at: 1_000)
        meter.clearMaximum()
        #expect(meter.rate(at: 1_000).maximum == 0)
    }
}
