// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Turns a message, piece by piece, into lines that are safe inside an answer: each begins with `|` and ends with a bare
/// newline, so that an empty line of the message is not one of the answer.
package struct BodyLines: Sendable {
    private let headersOnly: Bool
    private var isAtLineStart = true
    private var hasCarriageReturn = false
    /// Whether nothing more will be printed: the header is over.
    package private(set) var isOver = false

    /// - Parameter headersOnly: stop at the empty line that ends the header (RFC 5322 section 2.1).
    package init(headersOnly: Bool) {
        self.headersOnly = headersOnly
    }

    /// Takes the next piece of the message.
    package mutating func take(_ piece: ByteBuffer) -> ByteBuffer {
        var lines = ByteBuffer()
        lines.reserveCapacity(piece.readableBytes + piece.readableBytes / 16 + 16)
        for byte in piece.readableBytesView where !isOver {
            if hasCarriageReturn, byte != UInt8(ascii: "\n") { add(UInt8(ascii: "\r"), to: &lines) }
            hasCarriageReturn = byte == UInt8(ascii: "\r")
            if hasCarriageReturn { continue }
            if byte == UInt8(ascii: "\n"), isAtLineStart, headersOnly {
                isOver = true
            } else {
                add(byte, to: &lines)
            }
        }
        return lines
    }

    private mutating func add(_ byte: UInt8, to lines: inout ByteBuffer) {
        if isAtLineStart { lines.writeInteger(UInt8(ascii: "|")) }
        lines.writeInteger(byte)
        isAtLineStart = byte == UInt8(ascii: "\n")
    }

    /// The message is over: ends a line that it left open.
    package mutating func finish() -> ByteBuffer {
        let isOpen = !isAtLineStart
        isAtLineStart = true
        isOver = true
        return isOpen ? ByteBuffer(string: "\n") : ByteBuffer()
    }
}
