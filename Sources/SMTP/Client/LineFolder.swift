// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Breaks lines that are longer than a server need take (RFC 5321 section 4.5.3.1.6) by CRLF and a blank, as Postfix does by
/// smtp_line_length_limit.
///
/// Works before dots are doubled: a doubled dot does not count, and what follows a break begins with the blank. Bytes are
/// counted, not characters, so a break may fall inside of one.
package struct LineFolder: Sendable {
    /// Bytes of a line without its end.
    package let limit: Int
    /// Whether a line was broken.
    package private(set) var hasFolded = false
    /// Bytes of the line that the next piece goes on with.
    private var length = 0

    /// - Parameter limit: bytes of a line without its end, at least 2.
    package init(limit: Int) {
        self.limit = max(2, limit)
    }

    /// The piece with its long lines broken; the same buffer, uncopied, when none of it is.
    package mutating func fold(_ piece: ByteBuffer) -> ByteBuffer {
        let positions = piece.withUnsafeReadableBytes { bytes in breaks(in: bytes) }
        guard !positions.isEmpty else { return piece }
        hasFolded = true
        var piece = piece
        var folded = ByteBuffer()
        folded.reserveCapacity(piece.readableBytes + 3 * positions.count)
        var copied = 0
        for position in positions {
            if var part = piece.readSlice(length: position - copied) { folded.writeBuffer(&part) }
            folded.writeStaticString("\r\n ")
            copied = position
        }
        folded.writeBuffer(&piece)
        return folded
    }

    /// Where lines are to be broken.
    private mutating func breaks(in bytes: UnsafeRawBufferPointer) -> [Int] {
        var breaks: [Int] = []
        var index = 0
        while index < bytes.count {
            let end = LineEndScan.firstLineEndByte(in: bytes, from: index)
            // why: a byte that fills the line to its limit is broken from the next one only, which may be its end.
            while index < end, length + end - index > limit {
                index += max(0, limit - length)
                breaks.append(index)
                length = 1
            }
            length += end - index
            guard end < bytes.count else { break }
            // A CR counts until it turns out to be of the line's end.
            length = bytes[end] == 0x0A ? 0 : length + 1
            index = end + 1
        }
        return breaks
    }
}
