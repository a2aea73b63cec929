// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Spooling
import Support
import Testing

/// Stores that an older relaybox has left.
struct QueueSchemaTests {
    /// Makes a store look as version 1 made it.
    private func makeOld(_ store: TestStore) throws {
        var handle: OpaquePointer?
        #expect(sqlite3_open("\(store.folder.path)/queue.db", &handle) == SQLITE_OK)
        defer { sqlite3_close(handle) }
        let statements = "ALTER TABLE message DROP COLUMN filter; PRAGMA user_version = 1;"
        #expect(sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK)
    }

    @Test func mailOfTheFirstVersionIsReadAndGoesWhereItWouldHaveGone() async throws {
        let store = try TestStore()
        var spool = try store.open()
        var queued: [Envelope] = []
        for size in [10, 50_000] {
            queued.append(try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(size)).envelope)
        }
        spool.close()
        try makeOld(store)
        spool = try store.open()
        #expect(try spool.list(after: nil, limit: 9) == queued)
        #expect(try spool.wholeBody(of: queued[1].id) == sampleBody(50_000))
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
