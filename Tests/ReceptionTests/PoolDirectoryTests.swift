// SPDX-License-Identifier: Apache-2.0

import Reception
import Synchronization
import Testing

struct PoolDirectoryTests {
    @Test func aReloadAddsPoolsAndForgetsThoseThatAreGone() throws {
        let session = try TestSession()
        let receiver = session.receiver
        let made = Mutex<[String]>([])
        let pools = PoolDirectory { settings in
            made.withLock { $0.append(settings.name) }
            return settings.name == "closed" ? nil : receiver
        }
        pools.apply([PoolSettings(name: "b"), PoolSettings(name: "a"), PoolSettings(name: "closed")])
        #expect(pools.receivers.map(\.name) == ["a", "b"])
        pools.apply([PoolSettings(name: "b"), PoolSettings(name: "c")])
        #expect(pools.receivers.map(\.name) == ["b", "c"])
        #expect(pools.entrances.keys.sorted() == ["b", "c"])
        #expect(made.withLock { $0 } == ["b", "a", "closed", "c"])
        try session.finish()
    }
}
