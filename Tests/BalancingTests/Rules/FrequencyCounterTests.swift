// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct FrequencyCounterTests {
    @Test(arguments: [
        ([0, 0, 0], 500, 3),  // all of them in this period
        ([0, 0, 0, 0], 1_500, 2),  // half of the last period is still in sight
        ([0, 0, 0, 0], 1_000, 4), ([0, 0, 0, 0], 2_001, 0),
        ([0], 1_900, 1),  // a single one counts until its period is over
        ([0, 0, 1_200, 1_400], 1_500, 3), ([0, 900, 2_900, 2_950], 3_000, 2), ([], 77, 0),
    ])
    func aRateSlides(times: [Int], now: Int, expected: Int) {
        var counter = FrequencyCounter()
        let start: Int64 = 1_000_000
        for time in times { counter.add(at: start + Int64(time), period: 1_000) }
        #expect(counter.rate(at: start + Int64(now), period: 1_000) == expected)
    }

    @Test func nothingOverflows() {
        var counter = FrequencyCounter()
        for time in [0, 0, 1, 999] { counter.add(Int.max, at: 5_000 + Int64(time), period: 1_000) }
        #expect(counter.rate(at: 6_000, period: 1_000) >= 0)
        #expect(counter.rate(at: 0, period: 0) >= 0)
    }
}
