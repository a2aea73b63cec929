// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The segment files that hold the bodies too large for a row: where the next batch goes, how many messages each holds.
///
/// A segment is preallocated once and used again when no message is left in it, so that syncing it touches no journal.
final class Segments {
    private struct Segment {
        var size: Int
        /// Bodies in it that are needed: of messages, and of a transaction that is still under way.
        var live = 0
        /// Bytes taken, live or not.
        var used = 0
        /// Whether a sync failed on it: nothing is written to it any more.
        var isBroken = false
    }

    /// The smallest segment worth making on a disk that is nearly full.
    private static let smallest = 1_048_576
    /// Empty segments kept for the next burst; more are given back to the disk.
    private static let spares = 2

    let files: SegmentFiles
    private let size: Int
    private let minimumFree: Int
    private var segments: [Int: Segment] = [:]
    private var spare: [Int] = []
    private var current: Int?
    private var highest = 0
    /// How often another segment became the current one: when to look for sparse ones.
    private(set) var changes = 0

    /// - Parameters:
    ///   - size: bytes of a segment.
    ///   - minimumFree: bytes of the disk that a new segment must leave.
    init(_ files: SegmentFiles, size: Int, minimumFree: Int) {
        self.files = files
        self.size = max(size, Segments.smallest)
        self.minimumFree = minimumFree
    }

    /// The largest body that a segment takes.
    var largestBody: Int { size }

    /// Takes over the files a former process left: empty ones are used again, the last one goes on behind its last message.
    ///
    /// - Parameters:
    ///   - live: messages by segment.
    ///   - last: the highest segment with messages, and where its last message ends.
    func recover(live: [Int: Int], last: (number: Int, end: Int)?) throws(DiskError) {
        for name in try files.folder.names() {
            guard let number = SegmentFiles.number(name) else { continue }
            highest = max(highest, number)
            let bytes = try files.file(number).size
            segments[number] = Segment(size: bytes, live: live[number] ?? 0, used: bytes)
            if live[number] == nil { release(number) }
        }
        highest = max(highest, live.keys.filter { $0 <= SegmentFiles.highestNumber }.max() ?? 0)
        if let last, let segment = segments[last.number], (0...segment.size).contains(last.end) {
            segments[last.number]?.used = last.end
            current = last.number
        }
    }

    /// Whether there is a segment of this number.
    func holds(_ number: Int) -> Bool { segments[number] != nil }

    /// Puts the bodies on stable storage, side by side. From here on each one holds its segment, until it is dropped: because
    /// its message has gone, or because the transaction that should have named its place has failed.
    ///
    /// - Returns: their places; nil where the disk has no room for another segment, so that the row must take the body.
    func write(_ bodies: [ByteBuffer]) throws(DiskError) -> [BodyPlace?] {
        var places: [BodyPlace?] = []
        places.reserveCapacity(bodies.count)
        do throws(DiskError) {
            try write(bodies, places: &places)
        } catch {
            drop(places)
            throw error
        }
        return places
    }

    private func write(_ bodies: [ByteBuffer], places: inout [BodyPlace?]) throws(DiskError) {
        var next = bodies[...]
        while let first = next.first {
            guard let number = try segment(for: first.readableBytes), let segment = segments[number] else {
                places.append(nil)
                next = next.dropFirst()
                continue
            }
            var end = segment.used
            let fitting = next.prefix { body in
                guard end + body.readableBytes <= segment.size else { return false }
                end += body.readableBytes
                return true
            }
            try write(fitting, to: number, at: segment.used)
            var position = segment.used
            for body in fitting {
                var checksum = Checksum()
                body.withUnsafeReadableBytes { checksum.update($0) }
                places.append(.segment(number, position: position, crc: checksum.value))
                position += body.readableBytes
            }
            segments[number]?.used = end
            segments[number]?.live += fitting.count
            next = next.dropFirst(fitting.count)
        }
    }

    private func write(_ bodies: ArraySlice<ByteBuffer>, to number: Int, at position: Int) throws(DiskError) {
        do throws(DiskError) {
            let file = try files.file(number)
            try file.write(bodies, at: position)
            try file.sync()
        } catch {
            // The kernel may have dropped what it could not write, and says so only once: never trust this file again.
            segments[number]?.isBroken = true
            current = nil
            release(number)
            throw error
        }
    }

    /// A body in the segment is needed no more.
    func drop(_ number: Int) {
        guard let live = segments[number]?.live else { return }
        segments[number]?.live = max(0, live - 1)
        if live <= 1 { release(number) }
    }

    /// The bodies at these places are needed no more.
    func drop(_ places: [BodyPlace?]) {
        for case .segment(let number, _, _) in places { drop(number) }
    }

    /// Gives empty segments back to the disk.
    func trim() {
        for number in spare { forget(number) }
        spare = []
    }

    /// The full segments with messages in them, those with the fewest first.
    var sealed: [Int] {
        segments.filter { $0.key != current && $0.value.live > 0 }.sorted { $0.value.live < $1.value.live }.map(\.key)
    }

    // MARK: drawers

    /// An empty segment begins again at its start, or waits as a spare, or goes.
    private func release(_ number: Int) {
        guard let segment = segments[number], segment.live == 0 else { return }
        segments[number]?.used = 0
        if number == current { return }
        if segment.isBroken || spare.count >= Segments.spares || segment.size < size / 2 {
            forget(number)
        } else {
            spare.append(number)
        }
    }

    private func forget(_ number: Int) {
        segments[number] = nil
        // why: a file that cannot be removed is an orphan, and the next start tries again.
        try? files.remove(number)
    }

    /// The segment that takes a body of this size next; nil when there is none and no room to make one.
    private func segment(for bytes: Int) throws(DiskError) -> Int? {
        if let number = current, let segment = segments[number], segment.used + bytes <= segment.size { return number }
        if let former = current {
            current = nil
            release(former)
            changes += 1
        }
        if let index = spare.lastIndex(where: { (segments[$0]?.size ?? 0) >= bytes }) {
            current = spare.remove(at: index)
            return current
        }
        return try make(atLeast: bytes)
    }

    private func make(atLeast bytes: Int) throws(DiskError) -> Int? {
        let free = try files.folder.free()
        var room = size
        // On a small disk a segment takes a quarter of what is free, and never brings it near to refusing mail.
        while room > Segments.smallest, room > free / 4 || (free - room) / 2 < minimumFree { room /= 2 }
        guard room >= bytes, free - room >= minimumFree else { return nil }
        highest += 1
        let number = highest
        do throws(DiskError) {
            try files.file(number, create: true).preallocate(room)
            try files.folder.sync()
        } catch {
            try? files.remove(number)
            if error.isFull { return nil }
            throw error
        }
        segments[number] = Segment(size: room)
        current = number
        return number
    }
}
