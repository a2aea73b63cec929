// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Spooling
import Support
import Testing

/// Stores that an older relaybox has left.
struct QueueSchemaTests {
    /// Makes a store look as version 1 or 2 made it.
    private func makeOld(_ store: TestStore, version: Int) throws {
        var handle: OpaquePointer?
        #expect(sqlite3_open("\(store.folder.path)/queue.db", &handle) == SQLITE_OK)
        defer { sqlite3_close(handle) }
        let filter = version == 1 ? "ALTER TABLE message DROP COLUMN filter;" : ""
        let seal = "ALTER TABLE message DROP COLUMN seal; UPDATE message SET crc = NULL WHERE segment IS NULL;"
        let statements = "\(filter) \(seal) PRAGMA user_version = \(version);"
        #expect(sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK)
    }

    @Test(arguments: [1, 2]) func mailOfAnOlderVersionIsReadAndGoesWhereItWouldHaveGone(_ version: Int) async throws {
        let store = try TestStore()
        var spool = try store.open()
        var queued: [Envelope] = []
        for size in [10, 50_000] {
            queued.append(try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(size)).envelope)
        }
        spool.close()
        try makeOld(store, version: version)
        spool = try store.open()
        #expect(try spool.list(after: nil, limit: 9) == queued)
        for (envelope, size) in zip(queued, [10, 50_000]) {
            #expect(try spool.wholeBody(of: envelope.id) == sampleBody(size))
        }
        store.clock.advance(by: 1_000)
        #expect(try spool.due(at: store.clock.now, limit: 9, excluding: []).messages.map(\.envelope) == queued)
        var envelope = Envelope.sample("c@x.example")
        envelope.filter = "[127.0.0.1]:10024"
        let filtered = try await spool.accept(envelope, sampleBody(20)).envelope
        spool.close()
        // why: the second start finds tables of its own version.
        spool = try store.open()
        #expect(try spool.list(after: nil, limit: 9).map(\.filter) == ["", "", "[127.0.0.1]:10024"])
        for envelope in queued + [filtered] { #expect(try await spool.deliver(envelope).removed) }
        spool.close()
    }
}
