// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// What intake must know of a message's header: how often it was received before, and its Message-ID.
package struct HeaderScan: Sendable, Equatable {
    /// Received headers, this hop's own not counted.
    package private(set) var hops = 0
    /// The value of Message-ID, at most `valueLimit` bytes, printable ASCII; empty when there is none.
    package private(set) var messageID = ""

    private static let valueLimit = 250
    private static let receivedName = Array("received:".utf8)
    private static let messageIDName = Array("message-id:".utf8)

    /// Looks at the header at the front of `message`, `limit` bytes at most.
    package init(_ message: ByteBuffer, limit: Int) {
        message.withUnsafeReadableBytes { bytes in
            let end = min(bytes.count, max(0, limit))
            var start = 0
            while start < end {
                let lineEnd = bytes[start..<end].firstIndex(of: 0x0A) ?? end
                if lineEnd - start <= 1 { break }
                look(at: bytes[start..<lineEnd])
                start = lineEnd + 1
            }
        }
    }

    private mutating func look(at line: Slice<UnsafeRawBufferPointer>) {
        guard let first = line.first else { return }
        switch first | 0x20 {
        case UInt8(ascii: "r"):
            if HeaderScan.isNamed(line, HeaderScan.receivedName) { hops += 1 }
        case UInt8(ascii: "m"):
            guard messageID.isEmpty, HeaderScan.isNamed(line, HeaderScan.messageIDName) else { return }
            let value = line.dropFirst(HeaderScan.messageIDName.count)
                .drop { $0 == 0x20 || $0 == 0x09 }
                .prefix(HeaderScan.valueLimit)
                .filter { $0 > 0x20 && $0 < 0x7F }
            messageID = String(decoding: value, as: UTF8.self)
        default:
            break
        }
    }

    private static func isNamed(_ line: Slice<UnsafeRawBufferPointer>, _ name: [UInt8]) -> Bool {
        guard line.count >= name.count else { return false }
        return zip(line, name).allSatisfy { byte, expected in
            ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) == expected
        }
    }
}
