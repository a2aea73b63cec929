// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling

/// A body that a filter sends in place of the one that came in: its lines end in CRLF whatever the filter sent, because a
/// bare LF in front of a dot could end the message at some server behind us.
final class ReplacedBody {
    let draft: any Draft
    private(set) var traits: BodyTraits = [.leadingDots, .longLines, .unterminated]
    private var last: UInt8 = 0
    private let limit: Int

    /// - Parameter limit: bytes at most; 0: no limit.
    init(draft: any Draft, limit: Int) {
        self.draft = draft
        self.limit = limit
    }

    /// Takes a piece; nil when the body is too large.
    func append(_ piece: ByteBuffer, resume: @escaping @Sendable () -> Void) throws(SpoolError) -> DraftRoom? {
        var lines = ByteBuffer()
        lines.reserveCapacity(piece.readableBytes + piece.readableBytes / 32)
        for byte in piece.readableBytesView {
            if byte == 0x0A, last != 0x0D { lines.writeInteger(0x0D as UInt8) }
            if byte > 0x7F { traits.insert(.eightBit) }
            lines.writeInteger(byte)
            last = byte
        }
        if last == 0x0A { traits.remove(.unterminated) } else { traits.insert(.unterminated) }
        guard limit == 0 || draft.size + lines.readableBytes <= limit else { return nil }
        return try draft.append(lines, resume: resume)
    }
}
