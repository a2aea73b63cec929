// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// The part of a body that has still to go over the wire, in bounded pieces unless it is in memory as it has to go out.
struct OutgoingBody {
    enum Piece {
        case bytes(ByteBuffer)
        /// A piece has to be read from the spool first.
        case missing
        /// Everything but the final dot is out.
        case end
    }

    /// Bytes read or stuffed at a time.
    static let pieceSize = 131_072

    private static let ending = ByteBuffer(staticString: ".\r\n")
    private static let endingOfLine = ByteBuffer(staticString: "\r\n.\r\n")

    private let size: Int
    private let isUnterminated: Bool
    private var folder: LineFolder?
    private var stuffer: DotStuffer?
    /// The body in memory, or the piece read ahead.
    private var available: ByteBuffer
    /// Bytes of the body that have been read.
    private(set) var offset: Int

    /// - Parameters:
    ///   - body: the body in memory; nil when it is read from the spool.
    ///   - lineLimit: bytes of a line without its end; 0: no limit.
    init(_ envelope: Envelope, _ body: ByteBuffer?, lineLimit: Int) {
        available = body ?? ByteBuffer()
        size = body?.readableBytes ?? max(0, envelope.size)
        offset = available.readableBytes
        isUnterminated = envelope.traits.contains(.unterminated)
        stuffer = envelope.traits.contains(.leadingDots) ? DotStuffer() : nil
        // why: what was looked for while the message came in is lines beyond the usual limit.
        let mayExceed = envelope.traits.contains(.longLines) || lineLimit < DataDecoder.longestLine
        folder = lineLimit > 0 && mayExceed ? LineFolder(limit: lineLimit) : nil
    }

    /// Whether a piece should be read ahead now: `offset` and this many bytes; nil when there is nothing to read.
    var wanted: Int? {
        guard available.readableBytes == 0, offset < size else { return nil }
        return min(OutgoingBody.pieceSize, size - offset)
    }

    /// Takes what the spool gave; false when that is nothing although more was expected.
    mutating func arrived(_ piece: ByteBuffer) -> Bool {
        guard piece.readableBytes > 0, piece.readableBytes <= size - offset else { return false }
        available = piece
        offset += piece.readableBytes
        return true
    }

    /// The limit that a line which has gone out would have exceeded; nil when none would.
    var foldedAt: Int? {
        guard let folder, folder.hasFolded else { return nil }
        return folder.limit
    }

    /// The next piece, with long lines broken and dots doubled where the body needs it.
    mutating func next() -> Piece {
        guard available.readableBytes > 0 else { return offset < size ? .missing : .end }
        guard stuffer != nil || folder != nil else {
            defer { available = ByteBuffer() }
            return .bytes(available)
        }
        guard available.readableBytes > OutgoingBody.pieceSize,
            let piece = available.readSlice(length: OutgoingBody.pieceSize)
        else {
            let piece = available
            available = ByteBuffer()
            return .bytes(prepared(piece))
        }
        return .bytes(prepared(piece))
    }

    private mutating func prepared(_ piece: ByteBuffer) -> ByteBuffer {
        let piece = folder?.fold(piece) ?? piece
        return stuffer?.stuff(piece) ?? piece
    }

    /// Whether only the final dot is left.
    var isComplete: Bool { available.readableBytes == 0 && offset >= size }

    /// The final dot, after a line end if the body has none.
    var end: ByteBuffer {
        isUnterminated ? OutgoingBody.endingOfLine : OutgoingBody.ending
    }
}
