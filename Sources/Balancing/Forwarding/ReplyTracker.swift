// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Keeps in mind where in its replies a forwarded SMTP server is, so that a line of ours can be put behind them without
/// harm: only at the start of a line, in clear text, and not after the server's own last word.
///
/// It looks at the first byte and the last line of each piece, not at all of it.
package struct ReplyTracker: Sendable, Equatable {
    /// How far back a piece's last line is looked for.
    private static let longestLine = 1_024

    private var isAtLineStart = true
    /// The bytes are no replies any more: TLS, after STARTTLS.
    private var isOpaque = false
    /// The code of the last line; 0: not known.
    private var lastCode = 0

    package init() {}

    /// The server sent these bytes.
    package mutating func sent(_ bytes: ByteBuffer) {
        guard !isOpaque, bytes.readableBytes > 0 else { return }
        let view = bytes.readableBytesView
        if isAtLineStart, let first = view.first, !(UInt8(ascii: "2")...UInt8(ascii: "5")).contains(first) {
            isOpaque = true
            return
        }
        guard view.last == UInt8(ascii: "\n") else {
            isAtLineStart = false
            lastCode = 0
            return
        }
        let body = view.dropLast().suffix(ReplyTracker.longestLine)
        let start = body.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
        if let start {
            lastCode = ReplyTracker.code(of: body[start...])
        } else {
            lastCode = isAtLineStart && body.count == view.count - 1 ? ReplyTracker.code(of: body) : 0
        }
        isAtLineStart = true
    }

    /// Whether the client may be told in SMTP why the session ends.
    package var takesWords: Bool { isAtLineStart && !isOpaque && !saidFarewell }

    /// The server itself said that it ends (RFC 5321 section 3.8; 521: RFC 7504).
    package var saidFarewell: Bool { lastCode == 221 || lastCode == 421 || lastCode == 521 }

    private static func code(of line: some Collection<UInt8>) -> Int {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return 0 }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
