// SPDX-License-Identifier: Apache-2.0
// why: what any store must do, run against every store there is.

import Spooling
import Statistics
import Support
import Testing

/// Every store keeps the rules of `Spool`.
struct SpoolConformanceTests {
    @Test(arguments: SpoolConformance.cases)
    func embedded(_ rule: SpoolConformance) async throws {
        let folder = try TemporarySpoolFolder()
        let clock = TestClock()
        let spool = try EmbeddedSpool.open(.small(folder), log: SilentLog(), now: { clock.now })
        try await rule.run(spool, clock)
        spool.close()
        #expect(spool.budget.used == 0)
    }

    @Test(arguments: SpoolConformance.cases)
    func memory(_ rule: SpoolConformance) async throws {
        let clock = TestClock()
        let spool = MemorySpool(now: { clock.now })
        try await rule.run(spool, clock)
        #expect(spool.budget.used == 0)
    }
}

extension SpoolSettings {
    /// Settings for a store in this folder that takes little of the disk.
    static func small(_ folder: TemporarySpoolFolder) -> SpoolSettings {
        var settings = SpoolSettings()
        settings.directory = folder.path
        settings.segmentSize = 4_194_304
        settings.reserve = 65_536
        return settings
    }
}
