// SPDX-License-Identifier: Apache-2.0
// why: a failing disk concerns the whole room, not one file.

import Spooling
import Support
import Testing

/// A disk that is full or broken: the right error for everybody, nothing half-done, and well again by itself.
struct SpoolFaultTests {
    /// A fault of the transaction, and the error it is for those who wait.
    @Test(arguments: [DiskFault.full, .broken], [100, 50_000, 2_000_000])
    func aFailedCommitLeavesNoTrace(_ fault: DiskFault, _ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let kept = try await spool.accept(.sample(), sampleBody(1000)).envelope
        let draft = try spool.draft()
        try await draft.fill(sampleBody(size))
        store.disk.fail(.commit, with: fault)
        let error = try #require(failure(await spool.commit(draft, .sample())))
        if fault == .full {
            #expect(error == .full)
        } else {
            guard case .disk(let text) = error else { throw ConformanceFailure("\(error)") }
            #expect(text.contains("Input/output error") && text.contains("queue.db"))
        }
        #expect(spool.statistics.failures.value == 1)
        #expect(spool.budget.used == 0)
        // New mail is refused from now on, before anybody sends its body.
        #expect(throws: error) { try spool.draft() }
        guard case .shedding = spool.statistics.health else { throw ConformanceFailure("healthy") }
        #expect(store.log.lines.filter { $0.contains("no new mail is accepted") }.count == 1)
        // What is queued can be read, and nothing else is there.
        #expect(try spool.list(after: nil, limit: 9) == [kept])

        store.disk.heal()
        #expect(try await store.recovers(spool))
        #expect(spool.statistics.health == .ok)
        #expect(store.log.lines.last == "mail is accepted again")
        _ = try await spool.accept(.sample(), sampleBody(size))
        #expect(spool.statistics.queued.value == 2)
        spool.close()
        #expect(store.folder.names(in: "staged").count == (size == 2_000_000 ? 1 : 0))
    }

    @Test func probesAreRare() async throws {
        let store = try TestStore()
        let spool = try store.open()
        store.disk.fail(.commit, with: .broken)
        _ = await spool.commit(try spool.draft(), .sample())
        let commits = store.disk.count(.commit)
        for _ in 0..<100 { _ = try? spool.draft() }
        #expect(store.disk.count(.commit) == commits)
        #expect(try await !store.recovers(spool))
        spool.close()
    }

    @Test func fullDiskLetsQueuedMailGo() async throws {
        let store = try TestStore()
        let spool = try store.open()
        let first = try await spool.accept(.sample(), sampleBody(2000)).envelope
        let second = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(50_000)).envelope
        let draft = try spool.draft()
        try await draft.fill(sampleBody(2000))
        let folder = store.folder
        // The disk is full as long as the reserve takes its room.
        store.disk.behave { operation, path in
            switch operation {
            case .commit: folder.size("reserve") > 0 ? .full : nil
            case .preallocate: .full
            default: nil
            }
        }
        #expect(failure(await spool.commit(draft, .sample())) == .full)
        #expect(try await spool.deliver(first).removed)
        let later = second.recipients[0].after(.pending, due: store.clock.now + 1, reason: "450 later")
        _ = try await spool.record(Outcome(id: second.id, recipients: [(0, later)])).get()
        #expect(try spool.change([second.id], .delete) == 1)
        #expect(spool.statistics.queued.value == 0)
        #expect(throws: SpoolError.full) { try spool.draft() }
        #expect(folder.size("reserve") == 0)
        store.disk.heal()
        #expect(try await store.recovers(spool))
        #expect(folder.size("reserve") == 65_536)
        spool.close()
    }

    @Test func aBrokenSegmentIsNeverWrittenAgain() async throws {
        let store = try TestStore()
        let spool = try store.open()
        let kept = try await spool.accept(.sample(), sampleBody(50_000)).envelope
        let drafts = [try spool.draft(), try spool.draft()]
        try await drafts[0].fill(sampleBody(50_000))
        try await drafts[1].fill(sampleBody(50))
        store.disk.fail(.sync, on: "segments", with: .broken)
        guard case .disk(let text)? = failure(await spool.commit(drafts[0], .sample())) else {
            throw ConformanceFailure("the commit did not fail")
        }
        #expect(text.contains("1.segment"))
        // A message that needs no segment goes through.
        _ = try await spool.commit(drafts[1], .sample()).get()
        store.disk.heal()
        #expect(try await store.recovers(spool))
        _ = try await spool.accept(.sample(), sampleBody(50_000))
        #expect(store.folder.names(in: "segments") == ["1.segment", "2.segment"])
        // What was durable before is still good, and when it is gone, so is the file.
        #expect(try spool.wholeBody(of: kept.id) == sampleBody(50_000))
        _ = try await spool.deliver(kept)
        #expect(store.folder.names(in: "segments") == ["2.segment"])
        spool.close()
    }

    @Test(arguments: [50_000, 2_000_000], [1, 1000, 40_000])
    func shortWritesGoOn(_ size: Int, _ step: Int) async throws {
        if step == 1, size > 100_000 { return }
        let store = try TestStore()
        let spool = try store.open()
        store.disk.fail(.write, with: .short(step))
        let ids = try await withThrowingTaskGroup(of: QueueID.self) { group in
            for _ in 0..<3 { group.addTask { try await spool.accept(.sample(), sampleBody(size)).envelope.id } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for id in ids { #expect(try spool.wholeBody(of: id) == sampleBody(size)) }
        spool.close()
    }

    @Test func withoutRoomForASegmentBodiesGoToTheirRows() async throws {
        let store = try TestStore()
        let spool = try store.open()
        store.disk.fail(.preallocate, on: "segments", with: .full)
        let envelope = try await spool.accept(.sample(), sampleBody(50_000)).envelope
        #expect(try spool.wholeBody(of: envelope.id) == sampleBody(50_000))
        #expect(store.folder.names(in: "segments") == [])
        spool.close()
    }

    @Test(arguments: [DiskOperation.open, .write, .sync, .syncFolder], [DiskFault.full, .broken])
    func aStagedBodyThatCannotBeWrittenFails(_ operation: DiskOperation, _ fault: DiskFault) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let draft = try spool.draft()
        store.disk.fail(operation, on: "staged", with: fault)
        var error: SpoolError?
        do {
            try await draft.fill(sampleBody(3_000_000), piece: 300_000)
            error = failure(await spool.commit(draft, .sample()))
        } catch let failed as SpoolError {
            error = failed
        }
        if fault == .full {
            #expect(error == .full)
        } else {
            guard case .disk(let text)? = error else { throw ConformanceFailure("\(String(describing: error))") }
            #expect(text.contains("staged"))
        }
        #expect(spool.statistics.queued.value == 0)
        store.disk.heal()
        #expect(try await store.recovers(spool))
        withExtendedLifetime(draft) {}
        spool.close()
    }

    @Test func tooLittleFreeSpaceRefusesNewMail() async throws {
        let store = try TestStore()
        store.disk.fail(.freeSpace, with: .free(1_000_000))
        let spool = try store.open { $0.minimumFree = 2_000_000 }
        #expect(throws: SpoolError.full) { try spool.draft() }
        #expect(store.log.lines.first?.contains("less than 2000000 bytes are free in \(store.folder.path)") == true)
        store.disk.fail(.freeSpace, with: .free(50_000_000))
        #expect(try await store.recovers(spool))
        // It is noticed while mail flows, too.
        store.disk.fail(.freeSpace, with: .free(1_999_999))
        for _ in 0..<50 where spool.statistics.health == .ok {
            // The one during which it is noticed may be refused already.
            _ = try? await spool.accept(.sample(), sampleBody(200_000))
        }
        #expect(throws: SpoolError.full) { try spool.draft() }
        spool.close()
    }

    private func failure<Value>(_ result: Result<Value, SpoolError>) -> SpoolError? {
        if case .failure(let error) = result { error } else { nil }
    }
}
