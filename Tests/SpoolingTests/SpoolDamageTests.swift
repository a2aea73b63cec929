// SPDX-License-Identifier: Apache-2.0

import CSQLite
import NIOCore
import Spooling
import Support
import Testing

/// Stores whose files were damaged while no process had them open.
struct SpoolDamageTests {
    /// Runs statements on the queue as somebody with `sqlite3` would; also empties the log, as a checkpoint does.
    private func change(_ store: TestStore, _ statements: String) {
        var handle: OpaquePointer?
        #expect(sqlite3_open("\(store.folder.path)/queue.db", &handle) == SQLITE_OK)
        defer { sqlite3_close(handle) }
        let all = "PRAGMA wal_checkpoint(TRUNCATE); \(statements); PRAGMA wal_checkpoint(TRUNCATE);"
        #expect(sqlite3_exec(handle, all, nil, nil, nil) == SQLITE_OK, "\(statements)")
    }

    private func refusal(_ store: TestStore) -> String {
        let error = #expect(throws: SpoolError.self) { try store.open() }
        guard case .disk(let text)? = error else { return "" }
        return text
    }

    @Test(arguments: [
        "9223372036854775807.segment", "01.segment", "+7.segment", "-1.segment", "1000000000001.segment",
        "99999999999999999999.segment",
    ])
    func aSegmentsNumberThatNobodyGaveIsNoSegment(_ name: String) async throws {
        let store = try TestStore()
        try store.open().close()
        store.folder.make("segments/\(name)", [1])
        let spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(60_000)).envelope
        #expect(try spool.wholeBody(of: envelope.id) == sampleBody(60_000))
        #expect(store.folder.names(in: "segments").contains(name))
        spool.close()
    }

    @Test func aRowMayNameAnySegment() async throws {
        let store = try TestStore()
        var spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(60_000)).envelope
        spool.close()
        change(store, "UPDATE message SET segment = 9223372036854775807")
        spool = try store.open()
        #expect(throws: SpoolError.self) { try spool.wholeBody(of: envelope.id) }
        let next = try await spool.accept(.sample(), sampleBody(60_000)).envelope
        #expect(try spool.wholeBody(of: next.id) == sampleBody(60_000))
        spool.close()
    }

    @Test(arguments: [
        "arrival = -9223372036854775808", "arrival = 9223372036854775807", "sender = 'other@x.example'",
        "address = 'other@x.example'", "address = x'FF00'", "size = 9223372036854775807", "size = -1",
        "traits = 0.5e300",
        "client = 'other'", "message_id = 'other'", "filter = '[192.0.2.1]:25'", "more = 9223372036854775807",
        "more = 0",
        "id = id - 5", "seal = 1",
    ])
    func aDamagedRowIsHeldAndNamed(_ damage: String) async throws {
        let store = try TestStore()
        var spool = try store.open()
        let damaged = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(100)).envelope
        let whole = try await spool.accept(.sample(), sampleBody(200)).envelope
        spool.close()
        change(store, "UPDATE message SET \(damage) WHERE id = \(damaged.id.value)")
        spool = try store.open()
        store.clock.advance(by: 1_000)
        let found = try spool.due(at: store.clock.now, limit: 9, excluding: [])
        #expect(found.messages.map(\.envelope) == [whole])
        // why: work of our own comes after the change on the committer.
        _ = await spool.record(Outcome(id: QueueID(value: 1), recipients: []))
        let listed = try #require(try spool.list(after: nil, limit: 9).first { $0.id != whole.id })
        #expect(listed.held)
        #expect(store.log.lines.contains { $0.contains("row of message \(listed.id)") && $0.contains("is damaged") })
        #expect(try spool.due(at: store.clock.now, limit: 9, excluding: []).messages.map(\.envelope) == [whole])
        spool.close()
    }

    @Test func aDamagedRecipientHoldsItsMessage() async throws {
        let store = try TestStore()
        var spool = try store.open()
        let envelope = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(100)).envelope
        for damage in ["address = 'c@x.example'", "message = 1"] {
            spool.close()
            change(store, "UPDATE recipient SET \(damage)")
            spool = try store.open()
            store.clock.advance(by: 1_000)
            #expect(try spool.due(at: store.clock.now, limit: 9, excluding: []).messages.isEmpty)
            _ = await spool.record(Outcome(id: QueueID(value: 1), recipients: []))
            #expect(try spool.envelope(of: envelope.id).held)
            #expect(try spool.change([envelope.id], .release) == 1)
        }
        spool.close()
    }

    /// Numbers that change while a message waits have no seal: whatever they say, one can calculate with them.
    @Test(arguments: ["recipient_due = -9223372036854775808", "attempts = 9223372036854775807", "attempts = 'many'"])
    func numbersAreBroughtIntoTheirRange(_ damage: String) async throws {
        let store = try TestStore()
        var spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(100)).envelope
        spool.close()
        change(store, "UPDATE message SET \(damage)")
        spool = try store.open()
        let found = try #require(try spool.list(after: nil, limit: 9).first?.recipients.first)
        #expect(found.due >= 0 && found.attempts >= 0 && found.attempts < Int.max / 2)
        #expect(try await spool.deliver(envelope).removed)
        spool.close()
    }

    @Test(arguments: ["body = replace(body, 'a', 'b')", "body = NULL", "body = zeroblob(100)", "size = 99", "crc = 1"])
    func aDamagedBodyInARowIsNeverGivenOut(_ damage: String) async throws {
        let store = try TestStore()
        var spool = try store.open()
        let envelope = try await spool.accept(.sample(), ByteBuffer(repeating: UInt8(ascii: "a"), count: 100)).envelope
        spool.close()
        change(store, "UPDATE message SET \(damage)")
        spool = try store.open()
        for limit in [10, 100] {
            let error = #expect(throws: SpoolError.self) { try spool.body(of: envelope.id, offset: 0, limit: limit) }
            guard case .disk(let text)? = error else { continue }
            #expect(text.contains("\(envelope.id)") && text.contains("checksum"))
        }
        spool.close()
    }

    @Test(arguments: [100, 60_000, 2_000_000]) func withoutItsDatabaseAQueueIsNotBegunAnew(_ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(size)).envelope
        let crashed = try store.folder.copy()
        spool.close()
        let again = try TestStore(crashed)
        crashed.remove("queue.db")
        #expect(refusal(again).contains("queue.db is missing"))
        crashed.make("queue.db", [])
        #expect(refusal(again).contains("queue.db is empty"))
        #expect(crashed.size("queue.db-wal") > 0)
        if size == 2_000_000 { #expect(crashed.names(in: "staged") == ["\(envelope.id).body"]) }
    }

    @Test(arguments: ["CREATE TABLE other (a)", "PRAGMA user_version = -1", "PRAGMA user_version = 0"])
    func aForeignDatabaseIsNotTakenOver(_ statements: String) throws {
        let store = try TestStore()
        if statements.hasPrefix("CREATE") {
            change(store, statements)
        } else {
            try store.open().close()
            change(store, statements)
        }
        #expect(refusal(store).contains("is no queue of relaybox"))
    }

    /// A crash tears the last transaction; more than that cannot be one.
    @Test(arguments: [0, 12, 20, 33, 60, 5_000])
    func aLogThatIsDamagedInTheMiddleIsNotCutOff(_ position: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        for _ in 0..<5 { _ = try await spool.accept(.sample(), sampleBody(3000)) }
        let damaged = try store.folder.copy()
        spool.close()
        #expect(try TestStore(try damaged.copy()).open().list(after: nil, limit: 9).count == 5)
        damaged.overwrite("queue.db-wal", at: position, with: [0x5A, 0xA5, 0x5A])
        let text = refusal(try TestStore(damaged))
        #expect(text.contains("queue.db-wal is damaged at byte") && text.contains("transactions"))
    }

    /// Commits that failed and were written over leave their ends in the log, each with a transaction's end of its own.
    @Test func whatFailedCommitsLeaveInTheLogIsNoDamage() async throws {
        let store = try TestStore()
        let spool = try store.open()
        var log: [UInt8] = []
        for _ in 0..<4 {
            _ = try await spool.accept(.sample(), sampleBody(3000))
            let now = store.folder.bytes("queue.db-wal")
            if log.isEmpty { log = now }
        }
        let crashed = try store.folder.copy()
        spool.close()
        let first = Array(log.dropFirst(32))
        #expect(!first.isEmpty && first.count % (24 + 4096) == 0)
        let whole = crashed.bytes("queue.db-wal")
        crashed.overwrite("queue.db-wal", at: whole.count, with: first + first + first)
        let again = try TestStore(crashed).open()
        #expect(try again.list(after: nil, limit: 9).count == 4)
        again.close()
    }

    @Test func aDamagedIndexIsMadeAgain() async throws {
        let store = try TestStore()
        var spool = try store.open()
        var queued: [Envelope] = []
        for _ in 0..<3 { queued.append(try await spool.accept(.sample(), sampleBody(100)).envelope) }
        spool.close()
        change(store, "SELECT 1")
        // why there: the third page is the index on due, and the last byte of its first entry's id stands at its end.
        store.folder.overwrite("queue.db", at: 3 * 4096 - 1, with: [0x77])
        spool = try store.open()
        #expect(store.log.lines.contains { $0.contains("indexes of") && $0.contains("made again") })
        store.clock.advance(by: 1_000)
        let found = try spool.due(at: store.clock.now, limit: 9, excluding: [])
        #expect(found.messages.map(\.envelope) == queued)
        for envelope in queued { #expect(try await spool.deliver(envelope).removed) }
        spool.close()
    }

    @Test func whatIsNoLogIsNotTakenForAnEmptyOne() async throws {
        let store = try TestStore()
        let spool = try store.open()
        _ = try await spool.accept(.sample(), sampleBody(3000))
        let damaged = try store.folder.copy()
        spool.close()
        damaged.overwrite("queue.db-wal", at: 0, with: Array("Received: from client.example ([192.0.2.1])".utf8))
        #expect(refusal(try TestStore(damaged)).contains("queue.db-wal is no log of SQLite"))
    }

    @Test func aDatabaseWhosePagesDoNotHangTogetherIsRefused() async throws {
        let store = try TestStore()
        let spool = try store.open()
        for _ in 0..<50 { _ = try await spool.accept(.sample(), sampleBody(3000)) }
        spool.close()
        change(store, "SELECT 1")
        let size = store.folder.size("queue.db")
        for page in stride(from: 12 * 4096, to: size - 4096, by: 4096) {
            store.folder.overwrite("queue.db", at: page, with: [0xFF, 0xFF, 0xFF, 0xFF])
        }
        let text = refusal(store)
        #expect(text.contains("queue.db") && text.contains(".recover"))
    }

    @Test(arguments: [false, true]) func withoutItsLogNoBodyIsThrownAway(isEmptied: Bool) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(2_000_000)).envelope
        let crashed = try store.folder.copy()
        spool.close()
        crashed.remove("queue.db-wal")
        if isEmptied { crashed.make("queue.db-wal", []) }
        let again = try TestStore(crashed)
        try again.open().close()
        let line = again.log.lines.first { $0.contains("queue.db-wal was missing or empty") }
        #expect(line?.contains("1 bodies") == true)
        #expect(crashed.names(in: "staged") == ["\(envelope.id).lost"])
        try again.open().close()
        #expect(crashed.names(in: "staged") == ["\(envelope.id).lost"])
    }

    @Test func aMissingSegmentIsReported() async throws {
        let store = try TestStore()
        let spool = try store.open()
        for _ in 0..<3 { _ = try await spool.accept(.sample(), sampleBody(60_000)) }
        spool.close()
        store.folder.remove("segments/1.segment")
        try store.open().close()
        #expect(store.log.lines.contains { $0.contains("bodies of 3 messages") && $0.contains("1.segment") })
    }
}
