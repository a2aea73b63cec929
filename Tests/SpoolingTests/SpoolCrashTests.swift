// SPDX-License-Identifier: Apache-2.0
// why: a crash concerns the whole room, not one file.

import Spooling
import Support
import Synchronization
import Testing

/// What a crash leaves, as a copy of the folder taken at a chosen moment, and what the next start makes of it.
struct SpoolCrashTests {
    /// Bodies in the row, in a segment, in a file.
    static let sizes = [100, 50_000, 2_000_000]

    /// Copies the folder at the moment before the next transaction becomes durable.
    private func copyBeforeCommit(_ store: TestStore) -> Mutexed<TemporarySpoolFolder?> {
        let copy = Mutexed<TemporarySpoolFolder?>(nil)
        let folder = store.folder
        store.disk.behave { operation, _ in
            if operation == .commit, copy.value == nil { copy.value = try? folder.copy() }
            return nil
        }
        return copy
    }

    @Test(arguments: sizes) func beforeTheCommitThereIsNothing(_ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let copy = copyBeforeCommit(store)
        _ = try await spool.accept(.sample(), sampleBody(size))
        let after = try TestStore(copy.taken())
        // The body had been written already.
        if size == 2_000_000 { #expect(after.folder.names(in: "staged").count == 1) }
        let again = try after.open()
        #expect(again.statistics.queued.value == 0)
        #expect(try again.list(after: nil, limit: 9) == [])
        #expect(after.folder.names(in: "staged") == [])
        // And its room is used again.
        _ = try await again.accept(.sample(), sampleBody(50_000))
        #expect(after.folder.names(in: "segments") == ["1.segment"])
        again.close()
        spool.close()
    }

    @Test(arguments: sizes) func afterTheCommitThereIsEverything(_ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let message = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(size))
        let after = try TestStore(store.folder.copy())
        let again = try after.open()
        #expect(again.statistics.queued.value == 1)
        #expect(try again.envelope(of: message.envelope.id) == message.envelope)
        #expect(try again.wholeBody(of: message.envelope.id) == sampleBody(size))
        #expect(try again.due(at: after.clock.now, limit: 9, excluding: []).messages.count == 1)
        #expect(try await again.accept(.sample()).envelope.id > message.envelope.id)
        again.close()
        spool.close()
    }

    @Test(arguments: sizes) func anOutcomeIsThereOrNot(_ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let message = try await spool.accept(.sample(), sampleBody(size))
        let copy = copyBeforeCommit(store)
        let failed = message.envelope.recipients[0].after(.failed)
        let report = (envelope: Envelope.sample(sender: ""), body: sampleBody(30_000))
        let outcome = Outcome(id: message.envelope.id, recipients: [(0, failed)], report: report)
        let receipt = try await spool.record(outcome).get()

        let before = try TestStore(copy.taken())
        let old = try before.open()
        #expect(try old.list(after: nil, limit: 9) == [message.envelope])
        #expect(try old.wholeBody(of: message.envelope.id) == sampleBody(size))
        old.close()

        let after = try TestStore(store.folder.copy())
        let new = try after.open()
        #expect(try new.list(after: nil, limit: 9).map(\.id) == [receipt.report?.envelope.id])
        #expect(after.folder.names(in: "staged") == [])
        new.close()
        spool.close()
    }

    /// The end of the log never reached the disk: what came before it is all there.
    @Test func aTornLogLosesOnlyItsEnd() async throws {
        let store = try TestStore()
        let spool = try store.open()
        let first = try await spool.accept(.sample(), sampleBody(3000))
        let size = try store.folder.copy().size("queue.db-wal")
        let second = try await spool.accept(.sample(), sampleBody(3000))
        let torn = try store.folder.copy()
        torn.overwrite("queue.db-wal", at: size + 30, with: Array(repeating: 0, count: 2000))
        let after = try TestStore(torn)
        let again = try after.open()
        #expect(try again.list(after: nil, limit: 9) == [first.envelope])
        #expect(try again.wholeBody(of: first.envelope.id) == sampleBody(3000))
        #expect(second.envelope.id > first.envelope.id)
        again.close()
        spool.close()
    }

    /// Wherever in the last transaction the log is cut: it is there whole, or not at all, and what came before it always is.
    @Test func aLogCutAnywhereIsWholeUpToATransaction() async throws {
        let store = try TestStore()
        let spool = try store.open()
        let first = try await spool.accept(.sample(), sampleBody(3000)).envelope
        let start = try store.folder.copy().size("queue.db-wal")
        let second = try await spool.accept(.sample("a@x.example", "b@x.example"), sampleBody(3000, seed: 2)).envelope
        let crashed = try store.folder.copy()
        let end = crashed.size("queue.db-wal")
        #expect(end > start)
        // Every byte of a frame's header and around its end, and the pages in steps.
        let frame = 24 + 4096
        let cuts = (start...end).filter { cut in
            let place = (cut - 32) % frame
            return place < 26 || place > frame - 3 || place % 331 == 0
        }
        var whole = 0
        for cut in cuts {
            let torn = try crashed.copy()
            torn.overwrite("queue.db-wal", at: cut, with: Array(repeating: 0, count: end - cut))
            let again = try TestStore(torn).open()
            let found = try again.list(after: nil, limit: 9)
            #expect(found == [first] || found == [first, second], "cut at \(cut)")
            #expect(try again.wholeBody(of: first.id) == sampleBody(3000))
            if found.count == 2 {
                whole += 1
                #expect(try again.wholeBody(of: second.id) == sampleBody(3000, seed: 2))
            }
            again.close()
        }
        #expect(whole >= 1 && whole < cuts.count / 2)
        spool.close()
    }

    @Test func filesNobodyKnowsAreLeftAlone() async throws {
        let store = try TestStore()
        try store.open().close()
        store.folder.make("staged/notes.txt", [1])
        store.folder.make("staged/5F5E1000000.body", [1])
        store.folder.make("segments/README", [1])
        try store.open().close()
        #expect(store.folder.names(in: "staged") == ["notes.txt"])
        #expect(store.folder.names(in: "segments") == ["README"])
    }

    @Test func aMissingBodyIsReportedAndKeepsNobodyFromWorking() async throws {
        let store = try TestStore()
        var spool = try store.open()
        let lost = try await spool.accept(.sample(), sampleBody(2_000_000)).envelope
        let gone = try await spool.accept(.sample(), sampleBody(60_000)).envelope
        let fine = try await spool.accept(.sample(), sampleBody(10)).envelope
        spool.close()
        store.folder.remove("staged/\(lost.id).body")
        store.folder.remove("segments/1.segment")
        spool = try store.open()
        #expect(store.log.lines.contains { $0.contains("\(lost.id)") && $0.contains("missing") })
        for envelope in [lost, gone] {
            let error = #expect(throws: SpoolError.self) { try spool.wholeBody(of: envelope.id) }
            guard case .disk(let text)? = error else { continue }
            #expect(text.contains("\(envelope.id)") && text.contains(store.folder.path))
        }
        #expect(try spool.wholeBody(of: fine.id) == sampleBody(10))
        for envelope in [lost, gone, fine] { #expect(try await spool.deliver(envelope).removed) }
        spool.close()
    }

    @Test(arguments: [60_000, 2_000_000]) func aDamagedBodyIsNeverGivenOut(_ size: Int) async throws {
        let store = try TestStore()
        let spool = try store.open()
        let envelope = try await spool.accept(.sample(), sampleBody(size)).envelope
        store.folder.overwrite(
            size == 60_000 ? "segments/1.segment" : "staged/\(envelope.id).body",
            at: size - 7,
            with: [1, 2]
        )
        for limit in [size, 1000] {
            let error = #expect(throws: SpoolError.self) { try spool.body(of: envelope.id, offset: 0, limit: limit) }
            guard case .disk(let text)? = error else { continue }
            #expect(text.contains("checksum") && text.contains("\(envelope.id)"))
        }
        spool.close()
    }
}

extension Mutexed<TemporarySpoolFolder?> {
    /// The copy that the disk's hook made.
    fileprivate func taken() throws -> TemporarySpoolFolder {
        guard let copy = value else { throw ConformanceFailure("nothing was committed") }
        return copy
    }
}

/// A value that a test and the store's threads share.
final class Mutexed<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) {
        storage = Mutex(value)
    }

    var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}
