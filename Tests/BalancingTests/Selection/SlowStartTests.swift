// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct SlowStartTests {
    @Test(arguments: [
        // now, weight, share in sixteenths, percent, of a limit of 50
        (1_000, 10, 1, 1, 1), (1_100, 10, 16, 10, 5), (1_500, 10, 80, 50, 25), (1_999, 10, 159, 99, 49),
        (1_005, 1, 1, 1, 1),
        (1_500, 0, 0, 50, 25), (900, 10, 1, 1, 1),
    ])
    func growsWithTime(now: Int64, weight: Int, share: Int, percent: Int, limit: Int) {
        let ramp = SlowStart(duration: 1_000, startedAt: 1_000)
        #expect(ramp.share(of: weight, at: now) == share)
        #expect(ramp.throttle(at: now) == percent)
        #expect(ramp.limit(50, at: now) == limit)
    }

    @Test(arguments: [
        SlowStart(duration: 1_000, startedAt: 1_000), SlowStart(duration: 0, startedAt: 2_000),
        SlowStart(duration: 1_000),
    ])
    func isWholeAtTheEnd(ramp: SlowStart) {
        #expect(ramp.share(of: 10, at: 2_000) == 160)
        #expect(ramp.throttle(at: 2_000) == nil)
        #expect(ramp.limit(50, at: 2_000) == 50)
        #expect(ramp.limit(0, at: 2_000) == 0)
    }
}
