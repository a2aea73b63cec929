// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer
import Spooling
import Support
import Testing

/// What the embedded store does beyond the rules of every store.
struct EmbeddedSpoolTests {
    @Test func mailSurvivesAnOrderlyEnd() async throws {
        let store = try TestStore()
        var spool = try store.open()
        var queued: [(Envelope, ByteBuffer)] = []
        for size in [10, 50_000, 2_000_000] {
            let body = sampleBody(size)
            queued.append((try await spool.accept(.sample("a@x.example", "b@x.example"), body).envelope, body))
        }
        spool.close()
        spool = try store.open()
        #expect(spool.statistics.queued.value == 3)
        #expect(try spool.list(after: nil, limit: 9) == queued.map(\.0))
        for (envelope, body) in queued { #expect(try spool.wholeBody(of: envelope.id) == body) }
        for (envelope, _) in queued { #expect(try await spool.deliver(envelope).removed) }
        spool.close()
        #expect(store.folder.names(in: "staged") == [])
    }

    @Test func idsGoOnThoughTheClockStepsBackAndTheQueueIsEmpty() async throws {
        let store = try TestStore()
        var spool = try store.open()
        let first = try await spool.accept(.sample()).envelope
        _ = try await spool.deliver(first)
        spool.close()
        store.clock.advance(by: -1_000_000)
        spool = try store.open()
        #expect(try await spool.accept(.sample()).envelope.id > first.id)
    }

    @Test func oneFolderServesOneProcess() throws {
        let store = try TestStore()
        let spool = try store.open()
        let error = #expect(throws: SpoolError.self) { try store.open() }
        guard case .disk(let text)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("another relaybox") && text.contains(store.folder.path))
        spool.close()
        try store.open().close()
    }

    @Test func nobodyElseMayReadIt() async throws {
        let store = try TestStore()
        var settings = SpoolSettings.small(store.folder)
        settings.directory += "/deep/down"
        let spool = try EmbeddedSpool.open(settings, log: store.log, now: { 1 })
        _ = try await spool.accept(.sample(), sampleBody(50_000))
        for name in ["deep", "deep/down", "deep/down/segments", "deep/down/staged"] {
            #expect(store.folder.mode(name) == 0o700)
        }
        for name in ["queue.db", "queue.db-wal", "segments/1.segment", "reserve", "lock"] {
            #expect(store.folder.mode("deep/down/\(name)") == 0o600)
        }
        spool.close()
    }

    @Test func aFileThatIsNoDatabaseIsNamed() throws {
        let store = try TestStore()
        store.folder.make("queue.db", Array(repeating: 0x7A, count: 5000))
        let error = #expect(throws: SpoolError.self) { try store.open() }
        guard case .disk(let text)? = error else { return }
        #expect(text.contains("\(store.folder.path)/queue.db") && text.contains("not a database"))
    }

    @Test func aFileInTheWayIsNamed() throws {
        let store = try TestStore()
        store.folder.make("file", [1])
        var settings = SpoolSettings.small(store.folder)
        settings.directory += "/file"
        let error = #expect(throws: SpoolError.self) {
            try EmbeddedSpool.open(settings, log: store.log, now: { 1 })
        }
        guard case .disk(let text)? = error else { return }
        #expect(text.contains("/file: Not a directory"))
    }

    @Test func tenThousandMessages() async throws {
        let store = try TestStore()
        let spool = try store.open()
        let body = sampleBody(1000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<50 {
                group.addTask {
                    for round in 0..<200 {
                        let message = try await spool.accept(.sample(), body)
                        if (worker + round) % 4 != 0 { _ = try await spool.deliver(message.envelope) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(spool.statistics.committed.value == 10_000)
        #expect(spool.statistics.queued.value == 2_500)
        // Many share a transaction.
        #expect(spool.statistics.batches.value < spool.statistics.batchItems.value)
        let (due, next) = try spool.due(at: store.clock.now, limit: 3000, excluding: [])
        #expect(due.count == 2_500 && next == nil)
        spool.close()
        #expect(spool.budget.used == 0)
    }

    @Test func aBatchStaysWithinItsLimits() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.batchMessages = 3 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await spool.accept(.sample()) } }
            try await group.waitForAll()
        }
        #expect(spool.statistics.batches.value >= 7)
        #expect(spool.statistics.batchItems.value == 20)
    }

    @Test func beyondHalfTheBudgetBodiesAreNotHeld() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.memoryBudget = 100_000 }
        let first = try await spool.accept(.sample(), sampleBody(40_000))
        #expect(first.body != nil && spool.budget.used == 40_000)
        let second = try await spool.accept(.sample(), sampleBody(40_000))
        #expect(second.body == nil && spool.budget.used == 40_000)
        #expect(try spool.wholeBody(of: second.envelope.id) == sampleBody(40_000))
        withExtendedLifetime(first) {}
    }

    @Test func tooManyWaitingCommitsAreBusy() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.waitingMessages = 0 }
        guard case .failure(.busy) = await spool.commit(try spool.draft(), .sample()) else {
            Issue.record("it was not refused")
            return
        }
    }
}
