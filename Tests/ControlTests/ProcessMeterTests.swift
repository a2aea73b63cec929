// SPDX-License-Identifier: Apache-2.0

import Control
import Testing

@Suite struct ProcessMeterTests {
    @Test func measuresFromOneLookToTheNext() {
        let meter = ProcessMeter()
        #expect(meter.look(at: 1_000, processor: 0, bytes: 0, threads: 2) == (100, 0))
        // Half a second of processor time in two seconds of two threads.
        #expect(meter.look(at: 3_000, processor: 500_000, bytes: 4_000, threads: 2) == (88, 2_000))
        // Looks within a second repeat the last one.
        #expect(meter.look(at: 3_500, processor: 900_000, bytes: 9_000, threads: 2) == (88, 2_000))
    }

    @Test(arguments: [(Int64(1_000), Int64(0)), (.max, .max), (0, -5), (5_000, nil)] as [(Int64, Int64?)])
    func strangeReadingsDoNotTrap(time: Int64, processor: Int64?) {
        let meter = ProcessMeter()
        _ = meter.look(at: 2_000, processor: 10, bytes: 10, threads: 0)
        let reading = meter.look(at: time, processor: processor, bytes: 0, threads: 0)
        #expect((0...100).contains(reading.idle))
        #expect(reading.byteRate == 0)
    }
}
