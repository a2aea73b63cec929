// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// The bytes a server sent that are not yet a whole reply, and the rules by which they become one (RFC 5321 section
/// 4.2).
///
/// Strict about codes (three digits from 200 to 599, the same in every line), lenient about line ends (LF alone will
/// do, as for Postfix's client). Text is made fit for log lines here: control characters and broken UTF-8 never leave
/// the decoder.
package struct ReplyDecoder: Sendable {
    /// Why the bytes are not a reply; the connection cannot be used any further.
    package enum Failure: Error, Sendable, Equatable {
        /// A line that is not part of a reply; its first 100 characters.
        case malformed(String)
        /// The reply is larger than the limit, in bytes.
        case tooLong(limit: Int)
    }

    private static let quotedCharacters = 100

    private let limit: Int
    private var pending = ByteBuffer()
    /// Readable bytes of `pending` that are known to hold no line end.
    private var scanned = 0
    private var code = 0
    private var enhanced: EnhancedStatus?
    private var lines: [String] = []
    /// Bytes of the lines in `lines`.
    private var size = 0
    private var failure: Failure?

    /// - Parameter limit: bytes of one reply, all its lines together.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether nothing is left over: no byte has come since the last whole reply.
    package var isEmpty: Bool { pending.readableBytes == 0 && lines.isEmpty && failure == nil }

    /// Takes what arrived; the caller then asks `next()` until there is no reply left.
    package mutating func received(_ bytes: ByteBuffer) {
        if pending.readableBytes == 0 { scanned = 0 }
        pending.arrived(bytes)
    }

    /// The next whole reply, nil when more bytes are needed. Once it has failed it fails for ever.
    package mutating func next() throws(Failure) -> Reply? {
        if let failure { throw failure }
        while let length = lineLength() {
            guard size + length <= limit else { throw fail(.tooLong(limit: limit)) }
            guard let line = pending.readSlice(length: length) else { break }
            scanned = 0
            if let reply = try take(line, length) { return reply }
        }
        guard size + pending.readableBytes <= limit else { throw fail(.tooLong(limit: limit)) }
        if pending.readableBytes == 0 {
            // why: gives the channel's read buffer back instead of keeping it for the sake of no bytes.
            pending = ByteBuffer()
        }
        return nil
    }

    /// The bytes up to and with the next line feed.
    private mutating func lineLength() -> Int? {
        let view = pending.readableBytesView
        guard let index = view.dropFirst(scanned).firstIndex(of: 0x0A) else {
            scanned = view.count
            return nil
        }
        return index - view.startIndex + 1
    }

    private mutating func take(_ line: ByteBuffer, _ length: Int) throws(Failure) -> Reply? {
        var line = line
        line.moveWriterIndex(to: line.writerIndex - 1)
        let view = line.readableBytesView
        if view.last == 0x0D { line.moveWriterIndex(to: line.writerIndex - 1) }
        guard let code = ReplyDecoder.code(line), self.code == 0 || self.code == code else {
            throw fail(.malformed(ReplyDecoder.text(line, atMost: ReplyDecoder.quotedCharacters)))
        }
        let separator = line.getInteger(at: line.readerIndex + 3, as: UInt8.self)
        guard separator == nil || separator == 0x20 || separator == 0x2D else {
            throw fail(.malformed(ReplyDecoder.text(line, atMost: ReplyDecoder.quotedCharacters)))
        }
        line.moveReaderIndex(forwardBy: separator == nil ? 3 : 4)
        self.code = code
        size += length
        // why: a later line only loses the code that the first line had.
        if lines.isEmpty || enhanced != nil {
            let status = ReplyDecoder.takeStatus(&line, class: code / 100, expected: enhanced)
            if lines.isEmpty { enhanced = status }
        }
        lines.append(ReplyDecoder.text(line, atMost: .max))
        guard separator != 0x2D else { return nil }
        defer {
            self.code = 0
            enhanced = nil
            lines = []
            size = 0
        }
        return Reply(code, enhanced, lines: lines)
    }

    private mutating func fail(_ reason: Failure) -> Failure {
        failure = reason
        pending = ByteBuffer()
        lines = []
        return reason
    }

    private static func code(_ line: ByteBuffer) -> Int? {
        guard let bytes = line.getInteger(at: line.readerIndex, as: UInt16.self),
            let last = line.getInteger(at: line.readerIndex + 2, as: UInt8.self)
        else { return nil }
        guard let first = digit(UInt8(bytes >> 8)), let second = digit(UInt8(bytes & 0xFF)), let third = digit(last)
        else {
            return nil
        }
        return (2...5).contains(first) ? first * 100 + second * 10 + third : nil
    }

    private static func digit(_ byte: UInt8) -> Int? {
        (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil
    }

    /// Splits an enhanced status code off the front of a line if there is one of the reply's class (RFC 2034 section
    /// 4).
    ///
    /// Later lines only lose a code that is the same as the first line's: then `expected` is set.
    private static func takeStatus(
        _ line: inout ByteBuffer,
        class: Int,
        expected: EnhancedStatus?
    ) -> EnhancedStatus? {
        guard `class` != 3 else { return nil }
        var parts = [0, 0, 0]
        var part = 0
        var digits = 0
        var index = line.readerIndex
        scan: while index < line.writerIndex, let byte = line.getInteger(at: index, as: UInt8.self) {
            if let digit = digit(byte) {
                digits += 1
                guard digits <= 3 else { return nil }
                parts[part] = parts[part] * 10 + digit
            } else if byte == 0x2E, digits > 0, part < 2 {
                part += 1
                digits = 0
            } else if byte == 0x20, digits > 0, part == 2 {
                break scan
            } else {
                return nil
            }
            index += 1
        }
        guard part == 2, digits > 0, parts[0] == `class` else { return nil }
        let status = EnhancedStatus(parts[0], parts[1], parts[2])
        guard expected == nil || expected == status else { return nil }
        line.moveReaderIndex(to: min(index + 1, line.writerIndex))
        return status
    }

    private static func text(_ line: ByteBuffer, atMost characters: Int) -> String {
        let view = line.readableBytesView.prefix(characters)
        if view.allSatisfy({ (0x20..<0x7F).contains($0) }) { return String(decoding: view, as: UTF8.self) }
        var text = ""
        for scalar in String(decoding: view, as: UTF8.self).unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) || scalar.value == 0xFFFD
            let isSeparator = scalar.value == 0x2028 || scalar.value == 0x2029
            text.unicodeScalars.append(isControl || isSeparator ? "?" : scalar)
        }
        return text
    }
}
