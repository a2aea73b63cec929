// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Takes a message out of the bytes that follow DATA (RFC 5321 section 4.5.2).
///
/// Only CRLF, dot, CRLF ends the message. A line that ends in a bare LF is stored with CRLF and cannot be part of the
/// end; a CR that no LF follows becomes a space, so that nobody downstream can take it for a line end (reference: SMTP
/// smuggling, CVE-2023-51764). A dot at the start of a line is taken away.
package struct DataDecoder: Sendable {
    /// Where in a line the next byte falls.
    private enum Position: Sendable {
        /// At the start of a line; the line before ended in CRLF or in a bare LF.
        case lineStart(afterCRLF: Bool)
        /// Behind a dot at the start of a line: not stored yet.
        case dot(afterCRLF: Bool)
        /// Behind a dot and a CR at the start of a line.
        case dotCarriageReturn(afterCRLF: Bool)
        case middle
        /// Behind a CR in the middle of a line: not stored yet.
        case carriageReturn
        case ended
    }

    private var position = Position.lineStart(afterCRLF: true)
    /// Bytes the message may have; what exceeds it is counted and thrown away. 0: no limit.
    private let limit: Int
    /// Bytes of the message so far, stored or not.
    package private(set) var size = 0
    /// A line ended in a bare LF.
    package private(set) var hasBareNewline = false
    /// A stored line begins with a dot.
    package private(set) var hasLeadingDots = false
    /// A byte above 127 was stored.
    package private(set) var isEightBit = false
    /// A line is longer than a server need take.
    package private(set) var hasLongLines = false
    /// Bytes of a line without its end that every server takes (RFC 5321 section 4.5.3.1.6).
    package static let longestLine = 998
    /// What `size` was at the start of the line.
    private var lineStart = 0

    /// Begins behind the 354. `limit` in bytes of the message as stored; 0: none.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether the message is longer than the limit, and was not stored whole.
    package var isTooBig: Bool { limit > 0 && size > limit }

    /// Takes bytes from `input` and appends what belongs to the message to `output`.
    ///
    /// - Returns: whether the end was reached; what follows it is left in `input`.
    package mutating func decode(_ input: inout ByteBuffer, into output: inout ByteBuffer) -> Bool {
        let consumed = input.withUnsafeReadableBytes { bytes in decode(bytes, into: &output) }
        input.moveReaderIndex(forwardBy: consumed)
        if case .ended = position { return true }
        return false
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) -> Int {
        // Bytes from `runStart` up to the cursor are stored as they stand, in one piece.
        var runStart = 0
        var cursor = 0
        while cursor < bytes.count {
            switch position {
            case .middle:
                cursor = LineEndScan.firstLineEndByte(in: bytes, from: cursor)
                guard cursor < bytes.count else { break }
                if bytes[cursor] == 0x0D, cursor + 1 < bytes.count, bytes[cursor + 1] == 0x0A {
                    // The usual case: the line end stays in the run.
                    endLine(at: size + cursor - runStart)
                    cursor += 2
                    position = .lineStart(afterCRLF: true)
                } else if bytes[cursor] == 0x0D {
                    store(bytes[runStart..<cursor], into: &output)
                    position = .carriageReturn
                    cursor += 1
                    runStart = cursor
                } else {
                    store(bytes[runStart..<cursor], into: &output)
                    endBareLine(into: &output)
                    cursor += 1
                    runStart = cursor
                }
            case .carriageReturn:
                if bytes[cursor] == 0x0A {
                    store(crlf: &output)
                    position = .lineStart(afterCRLF: true)
                    cursor += 1
                    runStart = cursor
                } else {
                    store(byte: 0x20, into: &output)
                    position = .middle
                }
            case .lineStart(let afterCRLF):
                switch bytes[cursor] {
                case 0x2E:
                    store(bytes[runStart..<cursor], into: &output)
                    position = .dot(afterCRLF: afterCRLF)
                    cursor += 1
                    runStart = cursor
                default:
                    position = .middle
                }
            case .dot(let afterCRLF):
                switch bytes[cursor] {
                case 0x0D:
                    position = .dotCarriageReturn(afterCRLF: afterCRLF)
                    cursor += 1
                    runStart = cursor
                case 0x2E:
                    hasLeadingDots = true
                    position = .middle
                default:
                    position = .middle
                }
            case .dotCarriageReturn(let afterCRLF):
                if bytes[cursor] == 0x0A, afterCRLF {
                    position = .ended
                    return cursor + 1
                }
                // Not the end: the line is empty but for a CR, which the next state judges.
                position = .carriageReturn
            case .ended:
                return cursor
            }
        }
        if runStart < bytes.count { store(bytes[runStart..<bytes.count], into: &output) }
        return bytes.count
    }

    private mutating func endBareLine(into output: inout ByteBuffer) {
        hasBareNewline = true
        store(crlf: &output)
        position = .lineStart(afterCRLF: false)
    }

    private mutating func store(_ bytes: Slice<UnsafeRawBufferPointer>, into output: inout ByteBuffer) {
        guard !bytes.isEmpty else { return }
        size += bytes.count
        guard !isTooBig else { return }
        let piece = UnsafeRawBufferPointer(rebasing: bytes)
        if !isEightBit { isEightBit = LineEndScan.hasEightBit(piece) }
        output.writeBytes(piece)
    }

    /// The line's text ends at this size of the message, and CRLF follows.
    private mutating func endLine(at end: Int) {
        if end - lineStart > DataDecoder.longestLine { hasLongLines = true }
        lineStart = end + 2
    }

    private mutating func store(crlf output: inout ByteBuffer) {
        endLine(at: size)
        size += 2
        guard !isTooBig else { return }
        output.writeInteger(UInt16(0x0D0A))
    }

    private mutating func store(byte: UInt8, into output: inout ByteBuffer) {
        size += 1
        guard !isTooBig else { return }
        output.writeInteger(byte)
    }
}
