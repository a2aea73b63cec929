// SPDX-License-Identifier: Apache-2.0
// why: a body on its way to a file passes several files of the room.

import struct NIOCore.ByteBuffer
import Spooling
import Support
import Synchronization
import Testing

/// Bodies that go to a file of their own while they stream.
struct StagingTests {
    @Test func aLargeBodyTakesNoMemory() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.stagingThreshold = 100_000 }
        let draft = try spool.draft()
        try await draft.fill(sampleBody(100_000), piece: 10_000)
        #expect(spool.budget.used == 100_000)
        try await draft.fill(sampleBody(900_000), piece: 10_000)
        let message = try await spool.commit(draft, .sample()).get()
        #expect(message.body == nil)
        #expect(message.envelope.size == 1_000_000)
        #expect(spool.budget.used == 0)
        #expect(store.folder.names(in: "staged") == ["\(message.envelope.id).body"])
        var expected = sampleBody(100_000)
        expected.writeImmutableBuffer(sampleBody(900_000))
        #expect(try spool.wholeBody(of: message.envelope.id) == expected)
        _ = try await spool.deliver(message.envelope)
        spool.close()
        #expect(store.folder.names(in: "staged") == [])
    }

    @Test func aFullBudgetStagesSmallBodies() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.memoryBudget = 5000 }
        let first = try spool.draft()
        try await first.fill(sampleBody(4000))
        let message = try await spool.accept(.sample(), sampleBody(3000))
        #expect(try spool.wholeBody(of: message.envelope.id) == sampleBody(3000))
        #expect(store.folder.names(in: "staged").count == 1)
        #expect(spool.budget.used == 4000)
        withExtendedLifetime(first) {}
    }

    @Test func withoutMemoryAndFilesItIsBusy() async throws {
        let store = try TestStore()
        let spool = try store.open {
            $0.memoryBudget = 1000
            $0.stagedBodies = 1
        }
        var first: (any Draft)? = try spool.draft()
        try await first?.fill(sampleBody(2000))
        let second = try spool.draft()
        await #expect(throws: SpoolError.busy) { try await second.fill(sampleBody(2000)) }
        // It stays refused: a body with a hole must never be committed.
        await #expect(throws: SpoolError.busy) { try await second.fill(sampleBody(1)) }
        guard case .failure(.busy) = await spool.commit(second, .sample()) else {
            throw ConformanceFailure("the commit did not fail as busy")
        }
        first = nil
        var third: QueuedMessage?
        for _ in 0..<1000 where third == nil { third = try? await spool.accept(.sample(), sampleBody(2000)) }
        #expect(third != nil)
        spool.close()
    }

    @Test func droppedDraftsLeaveNoFile() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.stagingThreshold = 1000 }
        for size in [10, 5000, 1_000_000] {
            let draft = try spool.draft()
            try await draft.fill(sampleBody(size), piece: 4096)
        }
        spool.close()
        #expect(store.folder.names(in: "staged") == [])
        #expect(spool.budget.used == 0)
    }

    /// A disk that stands still makes the session wait, with no more than a window of its bytes taken.
    @Test func aSlowDiskMakesTheSessionWait() async throws {
        let store = try TestStore()
        let spool = try store.open {
            $0.stagingThreshold = 0
            $0.stagingWindow = 10_000
        }
        let isOpen = Mutexed(false)
        store.disk.behave { operation, path in
            while operation == .write, path.contains("staged"), !isOpen.value {}
            return nil
        }
        let draft = try spool.draft()
        let resumed = Mutexed(0)
        #expect(try draft.append(sampleBody(9000), resume: { resumed.value += 1 }) == .ready)
        #expect(try draft.append(sampleBody(9000), resume: { resumed.value += 1 }) == .wait)
        #expect(resumed.value == 0)
        isOpen.value = true
        let message = try await spool.commit(draft, .sample()).get()
        #expect(resumed.value == 1)
        #expect(message.envelope.size == 18_000)
        spool.close()
    }
}
