// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Cuts what a stats socket sends into lines, and tells errors from answers by the severity in front of them.
///
/// Expects that the first command was `set severity-output number`, whose own empty answer it swallows.
package struct AnswerLines: Sendable {
    /// One line of an answer.
    package struct Line: Sendable, Equatable {
        /// Without newline and severity. Empty between two answers. As they came: what is no UTF-8 stays what it is.
        package var bytes: [UInt8]
        /// Whether its severity was warning or worse.
        package var isError: Bool

        /// One line, already without its severity.
        package init(text: String, isError: Bool) {
            self.init(bytes: Array(text.utf8), isError: isError)
        }

        init(bytes: [UInt8], isError: Bool) {
            self.bytes = bytes
            self.isError = isError
        }

        /// What is no UTF-8 replaced, for messages about it.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Bytes of one line at most: an answer in JSON is one.
    package static let maximumLineLength = 67_108_864

    private var pending = ByteBuffer()
    private var isFirst = true
    private var isAtStart = true
    private var isError = false
    private var hasBlank = false
    /// Whether the answers were longer than any line may be: nothing more is taken.
    package private(set) var isOverlong = false
    /// Answers that have come to their end, that of the first command included.
    package private(set) var answers = 0

    package init() {}

    /// Takes the next piece; returns the lines that are complete. The empty line behind the last answer is never returned.
    package mutating func take(_ piece: ByteBuffer) -> [Line] {
        guard !isOverlong else { return [] }
        // Only the new bytes are searched, so that one long line does not cost its square.
        var rest = piece
        var lines: [Line] = []
        while let newline = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let length = newline - rest.readableBytesView.startIndex
            if let head = rest.readSlice(length: length) { pending.writeImmutableBuffer(head) }
            rest.moveReaderIndex(forwardBy: 1)
            let bytes = Array(pending.readableBytesView)
            pending.clear()
            add(bytes, to: &lines)
        }
        pending.writeImmutableBuffer(rest)
        isOverlong = pending.readableBytes > Self.maximumLineLength
        return lines
    }

    /// The server has closed: returns what it left without a newline.
    package mutating func finish() -> [Line] {
        var lines: [Line] = []
        if pending.readableBytes > 0 { add(Array(pending.readableBytesView), to: &lines) }
        pending.clear()
        return lines
    }

    private mutating func add(_ bytes: [UInt8], to lines: inout [Line]) {
        if bytes.isEmpty { answers += 1 }
        guard !isFirst || !bytes.isEmpty else {
            isFirst = false
            return
        }
        isFirst = false
        guard !bytes.isEmpty else {
            if hasBlank { lines.append(Line(text: "", isError: isError)) }
            hasBlank = true
            isAtStart = true
            isError = false
            return
        }
        if hasBlank { lines.append(Line(text: "", isError: false)) }
        hasBlank = false
        var bytes = bytes
        if isAtStart, let severity = AnswerLines.severity(of: bytes) {
            // Warning and worse (RFC 5424 section 6.2.1).
            isError = severity <= 4
            bytes.removeFirst(4)
        }
        isAtStart = false
        lines.append(Line(bytes: bytes, isError: isError))
    }

    private static func severity(of line: [UInt8]) -> Int? {
        let head = Array(line.prefix(4))
        guard head.count == 4, head[0] == UInt8(ascii: "["), head[2] == UInt8(ascii: "]"), head[3] == UInt8(ascii: ":"),
            (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(head[1])
        else { return nil }
        return Int(head[1] - UInt8(ascii: "0"))
    }
}
