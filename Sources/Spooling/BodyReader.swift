// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// Reads bodies that lie outside of their rows, and vouches that they are what was committed.
struct BodyReader: Sendable {
    /// Bytes read at once where a body is only checked.
    private static let step = 262_144

    let segments: SegmentFiles
    let staged: DiskFolder

    /// A piece of a body: `limit` bytes from `offset` on, fewer at its end.
    ///
    /// The whole body is checked before its first piece is given out, so that a damaged message is never sent in part.
    /// - Throws: a text for people.
    func read(_ id: QueueID, at place: BodyPlace, size: Int, offset: Int, limit: Int) throws(SpoolError) -> ByteBuffer {
        let size = max(0, size)
        let offset = min(max(0, offset), size)
        let count = min(max(0, limit), size - offset)
        do throws(DiskError) {
            switch place {
            case .row:
                return ByteBuffer()
            case .segment(let number, let position, let crc):
                let file = try segments.file(number)
                return try read(file, from: position, size: size, crc: crc, offset: offset, count: count)
            case .file(let crc):
                let file = try staged.open(StagingArea.name(id), create: false)
                return try read(file, from: 0, size: size, crc: crc, offset: offset, count: count)
            }
        } catch {
            throw .disk("the body of message \(id) is lost: \(error.text)")
        }
    }

    private func read(
        _ file: DiskFile,
        from start: Int,
        size: Int,
        crc: UInt32,
        offset: Int,
        count: Int
    ) throws(DiskError) -> ByteBuffer {
        // What the database says may be damaged, too: nothing is computed from it that the file does not confirm.
        let present = try file.size
        guard start >= 0, start <= present, size >= 0, size <= present - start else { throw damaged(file) }
        var bytes = ByteBuffer()
        if offset == 0, count < size {
            var checksum = Checksum()
            var position = 0
            while position < size {
                bytes.clear()
                try file.read(min(BodyReader.step, size - position), at: start + position, into: &bytes)
                guard bytes.readableBytes > 0 else { break }
                bytes.withUnsafeReadableBytes { checksum.update($0) }
                position += bytes.readableBytes
            }
            guard position == size, checksum.value == crc else { throw damaged(file) }
            bytes.clear()
        }
        bytes.reserveCapacity(count)
        try file.read(count, at: start + offset, into: &bytes)
        guard bytes.readableBytes == count else { throw damaged(file) }
        if count == size {
            var checksum = Checksum()
            bytes.withUnsafeReadableBytes { checksum.update($0) }
            guard checksum.value == crc else { throw damaged(file) }
        }
        return bytes
    }

    /// The content is not what was written.
    private func damaged(_ file: DiskFile) -> DiskError { DiskError(damagedIn: file.path) }
}
