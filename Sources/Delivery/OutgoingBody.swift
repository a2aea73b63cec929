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
    private var stuffer: DotStuffer?
    /// The body in memory, or the piece read ahead.
    private var available: ByteBuffer
    /// Bytes of the body that have been read.
    private(set) var offset: Int

    /// - Parameter body: the body in memory; nil when it is read from the spool.
    init(_ envelope: Envelope, _ body: ByteBuffer?) {
        available = body ?? ByteBuffer()
        size = body?.readableBytes ?? max(0, envelope.size)
        offset = available.readableBytes
        isUnterminated = envelope.traits.contains(.unterminated)
        stuffer = envelope.traits.contains(.leadingDots) ? DotStuffer() : nil
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

    /// The next piece, dot-stuffed where the body needs it.
    mutating func next() -> Piece {
        guard available.readableBytes > 0 else { return offset < size ? .missing : .end }
        guard stuffer != nil else {
            defer { available = ByteBuffer() }
            return .bytes(available)
        }
        guard available.readableBytes > OutgoingBody.pieceSize,
            let piece = available.readSlice(length: OutgoingBody.pieceSize)
        else {
            let piece = available
            available = ByteBuffer()
            return .bytes(stuffer?.stuff(piece) ?? piece)
        }
        return .bytes(stuffer?.stuff(piece) ?? piece)
    }

    /// Whether only the final dot is left.
    var isComplete: Bool { available.readableBytes == 0 && offset >= size }

    /// The final dot, after a line end if the body has none.
    var end: ByteBuffer {
        isUnterminated ? OutgoingBody.endingOfLine : OutgoingBody.ending
    }
}
