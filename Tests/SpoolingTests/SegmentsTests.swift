// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Spooling
import Support
import Synchronization
import Testing

/// How segment files are filled, emptied and used again.
struct SegmentsTests {
    @Test func oneSegmentServesMailThatComesAndGoes() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        for _ in 0..<60 {
            let message = try await spool.accept(.sample(), sampleBody(100_000))
            #expect(try spool.wholeBody(of: message.envelope.id) == sampleBody(100_000))
            _ = try await spool.deliver(message.envelope)
        }
        #expect(store.folder.names(in: "segments") == ["1.segment"])
        #expect(store.folder.size("segments/1.segment") == 1_048_576)
        spool.close()
    }

    @Test func aBacklogTakesMoreAndGivesThemBack() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        var queued: [Envelope] = []
        for index in 0..<60 {
            queued.append(try await spool.accept(.sample(), sampleBody(100_000, seed: UInt8(index))).envelope)
        }
        #expect(store.folder.names(in: "segments").count == 6)
        for (index, envelope) in queued.enumerated() {
            #expect(try spool.wholeBody(of: envelope.id) == sampleBody(100_000, seed: UInt8(index)))
        }
        for envelope in queued { _ = try await spool.deliver(envelope) }
        #expect(store.folder.names(in: "segments").count <= 3)
        spool.close()
        #expect(spool.statistics.queued.value == 0)
    }

    /// A segment that fills up in the middle of a batch holds bodies that no row names yet: it must not be given away.
    @Test func aBatchMayFillSeveralSegments() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        let committed = Mutex<[Result<QueuedMessage, SpoolError>]>([])
        var drafts: [any Draft] = []
        for seed in UInt8(0)..<24 {
            let draft = try spool.draft()
            try await draft.fill(sampleBody(400_000, seed: seed), piece: 65_536)
            drafts.append(draft)
        }
        // All at once: the first one's sync takes long enough for the others to become one batch.
        for draft in drafts { spool.commit(draft, .sample()) { result in committed.withLock { $0.append(result) } } }
        while committed.withLock({ $0.count }) < drafts.count { await Task.yield() }
        #expect(spool.statistics.batches.value < drafts.count / 2)
        for (seed, result) in committed.withLock({ $0 }).enumerated() {
            let envelope = try result.get().envelope
            #expect(try spool.wholeBody(of: envelope.id) == sampleBody(400_000, seed: UInt8(seed)))
        }
        spool.close()
    }

    @Test func aStartGoesOnInTheLastSegment() async throws {
        let store = try TestStore()
        var queued: [Envelope] = []
        for round in 0..<5 {
            let spool = try store.open { $0.segmentSize = 1_048_576 }
            queued.append(try await spool.accept(.sample(), sampleBody(100_000, seed: UInt8(round))).envelope)
            for (seed, envelope) in queued.enumerated() {
                #expect(try spool.wholeBody(of: envelope.id) == sampleBody(100_000, seed: UInt8(seed)))
            }
            spool.close()
        }
        #expect(store.folder.names(in: "segments") == ["1.segment"])
    }

    /// One deferred message in each segment must not hold on to all of them.
    @Test func sparseSegmentsAreEmptied() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        var deferred: [(Envelope, UInt8)] = []
        for index in 0..<200 {
            let envelope = try await spool.accept(.sample(), sampleBody(100_000, seed: UInt8(index))).envelope
            if index % 10 == 0 {
                deferred.append((envelope, UInt8(index)))
            } else {
                _ = try await spool.deliver(envelope)
            }
        }
        #expect(store.folder.names(in: "segments").count <= 10)
        for (envelope, seed) in deferred {
            #expect(try spool.wholeBody(of: envelope.id) == sampleBody(100_000, seed: seed))
        }
        spool.close()
        // Another start finds them where they are now.
        let again = try store.open { $0.segmentSize = 1_048_576 }
        for (envelope, seed) in deferred {
            #expect(try again.wholeBody(of: envelope.id) == sampleBody(100_000, seed: seed))
            _ = try await again.deliver(envelope)
        }
        #expect(store.folder.names(in: "segments").count <= 3)
        again.close()
    }

    /// A body that cannot be copied stays where it is, and keeps no other segment from being emptied.
    @Test func aDamagedBodyKeepsNoOtherSegment() async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        for index in 0..<200 {
            let envelope = try await spool.accept(.sample(), sampleBody(100_000, seed: UInt8(index))).envelope
            // One is left in the first segment, two in each other one.
            if index == 0 { store.folder.overwrite("segments/1.segment", at: 10, with: [1, 2, 3, 4]) }
            if index == 5 || index % 5 != 0 { _ = try await spool.deliver(envelope) }
        }
        #expect(store.folder.names(in: "segments").count <= 12)
        #expect(store.folder.names(in: "segments").contains("1.segment"))
        spool.close()
    }

    /// The place of a body may be used again while somebody reads there: he never gets another message's bytes.
    @Test(arguments: [0, 131_072])
    func aBodyThatGoesWhileItIsReadIsNotTakenForTheNextOne(offset: Int) async throws {
        let store = try TestStore()
        let spool = try store.open { $0.segmentSize = 1_048_576 }
        let envelope = try await spool.accept(.sample(), sampleBody(300_000, seed: 1)).envelope
        let reads = Mutex(0)
        let done = DispatchSemaphore(value: 0)
        store.disk.behave { operation, path in
            guard operation == .read, path.contains("segment") else { return nil }
            // why: behind the first read of a beginning lies the check of the whole.
            let isLast = reads.withLock { reads in
                reads += 1
                return reads == (offset == 0 ? 3 : 1)
            }
            guard isLast, let next = try? spool.draft() else { return nil }
            _ = try? spool.change([envelope.id], .delete)
            _ = try? next.append(sampleBody(300_000, seed: 2)) {}
            spool.commit(next, .sample()) { _ in done.signal() }
            done.wait()
            return nil
        }
        #expect(throws: SpoolError.unknown(envelope.id)) {
            try spool.body(of: envelope.id, offset: offset, limit: 131_072)
        }
        #expect(store.folder.names(in: "segments") == ["1.segment"])
        spool.close()
    }
}
