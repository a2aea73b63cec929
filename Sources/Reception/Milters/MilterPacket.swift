// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import SMTP

/// One packet of the milter protocol: a command or a reply, and its data (libmilter, mfdef.h).
package struct MilterPacket: Sendable, Equatable {
    /// The letter's ASCII code.
    package var command: UInt8
    /// What follows the letter; its length is on the wire, in the four bytes in front.
    package var data: ByteBuffer

    /// A packet to be sent; a letter beyond ASCII becomes 0, which no filter knows.
    package init(_ command: Character, _ data: ByteBuffer = ByteBuffer()) {
        self.command = command.asciiValue ?? 0
        self.data = data
    }

    /// Appends the packet as it goes over the wire: four bytes of length, the command, the data.
    package func write(into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(clamping: data.readableBytes + 1))
        buffer.writeInteger(command)
        buffer.writeImmutableBuffer(data)
    }

    /// The command as a character, for log lines.
    package var name: String {
        (0x21...0x7E).contains(command) ? String(UnicodeScalar(command)) : "0x" + String(command, radix: 16)
    }
}

/// The bytes a filter sent that are not yet a whole packet.
package struct MilterPacketDecoder: Sendable {
    /// Why the bytes are no packet; nothing more can be read from the connection.
    package enum Failure: Error, Sendable, Equatable {
        case empty
        case tooLong(Int)
    }

    private let limit: Int
    private var pending = ByteBuffer()

    /// - Parameter limit: bytes of one packet, the command included (Postfix: 2^30; ours is what libmilter sends at most).
    package init(limit: Int = 1_048_576 + 1_024) {
        self.limit = limit
    }

    /// Takes what arrived; the caller then asks `next()` until there is no packet left.
    package mutating func received(_ bytes: ByteBuffer) {
        pending.arrived(bytes)
    }

    /// The next whole packet, nil when more bytes are needed.
    package mutating func next() throws(Failure) -> MilterPacket? {
        guard let length = pending.getInteger(at: pending.readerIndex, as: UInt32.self) else { return nil }
        guard length > 0 else { throw .empty }
        guard Int(length) <= limit else { throw .tooLong(Int(length)) }
        guard pending.readableBytes >= 4 + Int(length) else { return nil }
        pending.moveReaderIndex(forwardBy: 4)
        guard let command = pending.readInteger(as: UInt8.self),
            let data = pending.readSlice(length: Int(length) - 1)
        else { return nil }
        if pending.readableBytes == 0 { pending = ByteBuffer() }
        var packet = MilterPacket("c", data)
        packet.command = command
        return packet
    }
}
