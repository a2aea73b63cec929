// SPDX-License-Identifier: Apache-2.0

import Spooling
import Testing

struct QueueIDGeneratorTests {
    @Test func followsTheClockInMicroseconds() {
        let ids = QueueIDGenerator(after: 0)
        #expect(ids.next(at: 1_700_000_000_000).value == 1_700_000_000_000_000)
        #expect(ids.next(at: 1_700_000_000_000).value == 1_700_000_000_000_001)
        #expect(ids.next(at: 1_700_000_000_001).value == 1_700_000_000_001_000)
    }

    @Test func goesOnWhenTheClockStepsBack() {
        let ids = QueueIDGenerator(after: 1_800_000_000_000_000)
        #expect(ids.next(at: 1_700_000_000_000).value == 1_800_000_000_000_001)
        #expect(ids.next(at: 1_600_000_000_000).value == 1_800_000_000_000_002)
    }

    /// Clocks that are no time at all give ids all the same, and none that could not be read back.
    @Test(arguments: [0, -1, 1, Int64.min, .max, 1 << 50])
    func survivesAnyClock(_ now: Int64) {
        let ids = QueueIDGenerator(after: 0)
        var last = QueueID(value: 0)
        for _ in 0..<10 {
            let id = ids.next(at: now)
            #expect(id > last)
            #expect(QueueID(id.description) == id)
            last = id
        }
    }

    @Test func neverLeavesTheRange() {
        let ids = QueueIDGenerator(after: .max)
        let id = ids.next(at: .max)
        #expect(QueueID(id.description) == id)
    }

    @Test func manyThreadsGetDifferentIDs() async {
        let ids = QueueIDGenerator(after: 0)
        let all = await withTaskGroup(of: [QueueID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<1000).map { _ in ids.next(at: 1_700_000_000_000) } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 4000)
    }
}
