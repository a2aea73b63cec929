// SPDX-License-Identifier: Apache-2.0

import Delivery
import Testing

@Suite struct BackoffTests {
    /// Age when deferred, and the wait until the next attempt, both in seconds: Postfix's schedule with its defaults.
    static let waits: [(Int64, Int64)] = [
        (-50, 300), (0, 300), (299, 300), (300, 300), (600, 600), (1_200, 1_200), (3_999, 3_999), (4_000, 4_000),
        (4_001, 4_000), (400_000, 4_000),
    ]

    @Test(arguments: waits)
    func waitsAsLongAgainAsTheMessageIsOld(_ age: Int64, _ wait: Int64) {
        let now: Int64 = 1_700_000_000_000
        #expect(Backoff(DeliverySettings()).due(now: now, arrival: now - age * 1_000) == now + wait * 1_000)
    }

    @Test func aMinimumAboveTheMaximumWins() {
        var settings = DeliverySettings()
        settings.minimalBackoff = 5_000
        settings.maximalBackoff = 1_000
        #expect(Backoff(settings).due(now: 100_000, arrival: 0) == 105_000)
        #expect(Backoff(settings).wait(afterFailures: 9) == 5_000)
    }

    @Test(arguments: [(0, 300), (1, 300), (2, 600), (4, 2_400), (5, 4_000), (1_000_000, 4_000)])
    func failuresInARowDoubleTheWait(_ failures: Int, _ wait: Int64) {
        #expect(Backoff(DeliverySettings()).wait(afterFailures: failures) == wait * 1_000)
    }
}
