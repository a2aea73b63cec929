// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The committer's state and its chores: checkpoints, probes of a disk that failed, and moving the last bodies out of
/// segments that are nearly empty.
final class Housekeeper {
    /// Pages in the log that call for a checkpoint: 16 MiB. A message that comes and goes between two checkpoints costs no
    /// write but the log's. Measured from 4 to 64 MiB: all within the noise, so it is what a small disk can spare.
    private static let checkpointPages = 4096
    /// Segments with messages in them that may be sparse.
    private static let sparseSegments = 4
    /// Bytes moved in one go, so that a commit does not wait long.
    private static let moveBytes = 4_194_304
    /// Segments looked at in one go for one that can be emptied.
    private static let looks = 8

    private let batches: BatchWriter
    private let segmentSize: Int
    private var seenChanges = 0
    private var moving: Int?
    private var isSearching = false
    private var isProbeWanted = false

    init(_ batches: BatchWriter, segmentSize: Int) {
        self.batches = batches
        self.segmentSize = segmentSize
    }

    func run(_ batch: [Work]) -> [Work.Ending] {
        var bytes = 4096
        for work in batch {
            bytes += work.weight
            if work.isProbe { isProbeWanted = true }
        }
        let endings = batches.run(batch)
        batches.gate.note(written: bytes)
        return endings
    }

    /// Does the chores that are due; quick when there are none.
    func keepHouse() {
        if batches.queue.database.pagesInLog >= Housekeeper.checkpointPages { checkpoint() }
        if isProbeWanted || batches.gate.takeProbe() { probe() }
        if seenChanges != batches.segments.changes {
            seenChanges = batches.segments.changes
            if moving == nil { isSearching = true }
        }
        if let number = moving {
            _ = move(from: number)
        } else if isSearching {
            isSearching = false
            // why not the first alone: one whose bodies are damaged, or few but large, must not keep the others.
            let sparse = batches.segments.sealed.dropLast(Housekeeper.sparseSegments).prefix(Housekeeper.looks)
            _ = sparse.contains { move(from: $0) }
        }
    }

    func close() {
        // why ignored: the log is complete, the next start checkpoints it.
        try? batches.queue.database.checkpoint()
    }

    private func checkpoint() {
        do throws(DatabaseError) {
            try batches.queue.database.checkpoint()
        } catch {
            batches.gate.shut(error.spoolError, error.text)
        }
    }

    // MARK: is the disk well again?

    /// Opens the gate when there is room and the disk takes writes, syncs and transactions.
    private func probe() {
        isProbeWanted = false
        let database = batches.queue.database
        if batches.gate.measure() != nil {
            batches.segments.trim()
            try? database.checkpoint(emptying: true)
            let pages = (try? database.number("PRAGMA freelist_count")) ?? 0
            batches.gate.note(reusable: Int(pages) * QueueSchema.pageSize)
        }
        if let error = batches.gate.measure() { return batches.gate.shut(error) }
        do throws(DiskError) {
            try batches.reserve.restore()
        } catch {
            return batches.gate.note(error)
        }
        // A transaction of its own; a log whose last sync failed gets its end rewritten by it.
        if case .probed? = batches.run([.probe]).first { batches.gate.open() }
    }

    // MARK: sparse segments

    /// Copies some of the bodies left in a segment to the current one, so that the segment becomes free: a few deferred
    /// messages must not hold on to a file full of delivered ones.
    ///
    /// - Returns: whether the search for such a segment is over: false where this one stays as it is.
    private func move(from number: Int) -> Bool {
        moving = nil
        do {
            let found = try bodies(in: number)
            let isSound = found.allSatisfy { (0...segmentSize).contains($0.size) && $0.position >= 0 }
            guard isSound, !found.isEmpty, found.reduce(0, { $0 + $1.size }) <= segmentSize / 4 else { return false }
            var taken: [(id: QueueID, bytes: ByteBuffer)] = []
            var bytes = 0
            for body in found where bytes < Housekeeper.moveBytes {
                guard let content = try read(body, in: number) else { return false }
                taken.append((body.id, content))
                bytes += body.size
            }
            let places = try batches.segments.write(taken.map(\.bytes))
            // why: without room for another segment the bodies stay where they are.
            guard !places.contains(nil) else {
                batches.segments.drop(places)
                return true
            }
            let queue = batches.queue
            do throws(DatabaseError) {
                try queue.transaction { () throws(DatabaseError) in
                    for (body, place) in zip(taken, places) { try queue.move(body.id, to: place ?? .row) }
                }
            } catch {
                batches.segments.drop(places)
                throw error
            }
            for _ in places { batches.segments.drop(number) }
            if taken.count < found.count { moving = number }
        } catch let error as DatabaseError {
            batches.gate.shut(error.spoolError, error.text)
        } catch let error as DiskError {
            batches.gate.note(error)
        } catch {
            assertionFailure("an error of neither disk nor database")
        }
        return true
    }

    private typealias Body = (id: QueueID, size: Int, position: Int, crc: UInt32)

    private func bodies(in number: Int) throws(DatabaseError) -> [Body] {
        let query = try batches.queue.database.prepare("SELECT id, size, position, crc FROM message WHERE segment = ?1")
        query.bind(1, number)
        defer { query.reset() }
        var found: [Body] = []
        while try query.step() {
            found.append((query.id(0), query.int(1), query.int(2), UInt32(truncatingIfNeeded: query.integer(3))))
        }
        return found
    }

    /// The body; nil when it is damaged, and then it stays where it is for whoever wants to look.
    private func read(_ body: Body, in number: Int) throws(DiskError) -> ByteBuffer? {
        var bytes = ByteBuffer()
        try batches.segments.files.file(number).read(body.size, at: body.position, into: &bytes)
        var checksum = Checksum()
        bytes.withUnsafeReadableBytes { checksum.update($0) }
        return bytes.readableBytes == body.size && checksum.value == body.crc ? bytes : nil
    }
}
