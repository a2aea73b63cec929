// SPDX-License-Identifier: Apache-2.0

import Statistics
import Testing

@Suite struct GaugeTests {
    @Test func countsNowMostAndAll() {
        let gauge = Gauge()
        gauge.enter()
        gauge.enter()
        gauge.leave()
        gauge.enter()
        #expect(gauge.current == 2)
        #expect(gauge.maximum == 2)
        #expect(gauge.total == 3)
    }

    @Test func clearingKeepsWhatIsThere() {
        let gauge = Gauge()
        for _ in 0..<3 { gauge.enter() }
        gauge.leave()
        gauge.clearMaximum()
        #expect(gauge.maximum == 2)
        #expect(gauge.total == 3)
        gauge.clear()
        #expect(gauge.current == 2)
        #expect(gauge.total == 0)
    }

    /// `clear counters` while sessions come: there were never fewer at most than there are.
    @Test func clearingMissesNobodyWhoComesMeanwhile() async {
        for _ in 0..<200 {
            let gauge = Gauge()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for _ in 0..<2_000 { gauge.enter() } }
                group.addTask { while gauge.current < 2_000 { gauge.clearMaximum() } }
            }
            #expect(gauge.maximum == 2_000)
        }
    }

    @Test func counterKeepsTheLargest() {
        let counter = Counter()
        for candidate in [3, 9, 4] { counter.raise(to: candidate) }
        #expect(counter.value == 9)
    }
}
