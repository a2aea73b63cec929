// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// How the tests write and feed headers.
enum Vectors {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// A version 2 header with these three fields and this block behind them.
    static func version2(_ command: UInt8, _ family: UInt8, length: Int? = nil, _ block: [UInt8] = []) -> [UInt8] {
        let length = length ?? block.count
        return signature + [command, family, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)] + block
    }

    /// 192.0.2.1:56324 to 198.51.100.2:25.
    static let tcp4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0xDC, 0x04, 0, 25]

    static func address(_ text: String, _ port: Int) -> SocketAddress? {
        try? SocketAddress(ipAddress: text, port: port)
    }

    /// Feeds `bytes` in pieces of `chunk` and returns the first outcome that is not `needMore`, and what stays unread.
    static func feed(
        _ bytes: [UInt8],
        chunk: Int,
        to decoder: ProxyHeaderDecoder = ProxyHeaderDecoder()
    ) -> (outcome: ProxyHeaderDecoder.Outcome, unread: [UInt8]) {
        var decoder = decoder
        var buffer = ByteBuffer()
        var index = 0
        while index < bytes.count {
            let end = min(bytes.count, index + min(chunk, bytes.count))
            buffer.writeBytes(bytes[index..<end])
            index = end
            let outcome = decoder.decode(&buffer)
            if outcome != .needMore { return (outcome, Array(buffer.readableBytesView) + bytes[index...]) }
        }
        return (.needMore, Array(buffer.readableBytesView))
    }
}
