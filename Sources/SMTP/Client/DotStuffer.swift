// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// The place in a body up to which lines that begin with a dot have got a second one (RFC 5321 section 4.5.2).
///
/// A line begins after any LF, so that a bare LF in front of a dot cannot end the message at a lenient server.
package struct DotStuffer: Sendable {
    private var isAtLineStart = true

    package init() {}

    /// The piece with its dots doubled; the same buffer, uncopied, when no line of it begins with one.
    package mutating func stuff(_ piece: ByteBuffer) -> ByteBuffer {
        var positions: [Int] = []
        var atLineStart = isAtLineStart
        for (offset, byte) in piece.readableBytesView.enumerated() {
            if atLineStart, byte == 0x2E { positions.append(offset) }
            atLineStart = byte == 0x0A
        }
        isAtLineStart = atLineStart
        guard !positions.isEmpty else { return piece }
        var piece = piece
        var stuffed = ByteBuffer()
        stuffed.reserveCapacity(piece.readableBytes + positions.count)
        var copied = 0
        for position in positions {
            if var part = piece.readSlice(length: position - copied) { stuffed.writeBuffer(&part) }
            stuffed.writeInteger(0x2E as UInt8)
            copied = position
        }
        stuffed.writeBuffer(&piece)
        return stuffed
    }
}
