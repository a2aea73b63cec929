// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Cuts command lines out of a stream, and throws away lines that never end.
package struct LineScanner: Sendable {
    /// What the buffer holds at its front.
    package enum Outcome: Sendable, Equatable {
        /// A line without its line end; `bare` when it ended in LF alone.
        case line(String, bare: Bool)
        /// A line that is no text: NUL bytes or invalid UTF-8.
        case garbage
        /// The line has just outgrown the limit; what there is of it was thrown away.
        case tooLong
        /// Another limit's worth of the same line was thrown away.
        case stillTooLong
        /// No whole line yet.
        case needMore
    }

    /// Bytes of a line with its line end.
    private let limit: Int
    private var skipping = false
    /// Bytes at the front that were searched already.
    private var searched = 0

    /// `limit` in bytes of a line with its end, 16 at least.
    package init(limit: Int) {
        self.limit = max(limit, 16)
    }

    /// Takes the next line, if there is one.
    package mutating func next(in buffer: inout ByteBuffer) -> Outcome {
        let length = buffer.withUnsafeReadableBytes { bytes -> Int? in
            var index = min(searched, bytes.count)
            while index < bytes.count {
                if bytes[index] == 0x0A { return index + 1 }
                index += 1
            }
            return nil
        }
        guard let length else { return unfinished(&buffer) }
        searched = 0
        if skipping {
            skipping = false
            buffer.moveReaderIndex(forwardBy: length)
            return next(in: &buffer)
        }
        guard length <= limit else {
            buffer.moveReaderIndex(forwardBy: length)
            return .tooLong
        }
        return line(ofLength: length, from: &buffer)
    }

    private mutating func unfinished(_ buffer: inout ByteBuffer) -> Outcome {
        guard buffer.readableBytes >= limit else {
            searched = buffer.readableBytes
            return .needMore
        }
        buffer.moveReaderIndex(forwardBy: limit)
        searched = 0
        defer { skipping = true }
        return skipping ? .stillTooLong : .tooLong
    }

    private func line(ofLength length: Int, from buffer: inout ByteBuffer) -> Outcome {
        let text: (String?, Bool) = buffer.withUnsafeReadableBytes { bytes in
            let hasReturn = length >= 2 && bytes[length - 2] == 0x0D
            let content = bytes[..<(length - (hasReturn ? 2 : 1))]
            guard !content.contains(0) else { return (nil, false) }
            return (String(validating: content, as: UTF8.self), !hasReturn)
        }
        buffer.moveReaderIndex(forwardBy: length)
        guard let line = text.0 else { return .garbage }
        return .line(line, bare: text.1)
    }
}
