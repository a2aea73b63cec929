// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// Bytes a peer sent, made fit for a log line.
enum PeerText {
    /// Bytes quoted at most.
    private static let limit = 100

    /// The first bytes, with everything but printable ASCII written as C escapes, as Postfix writes them.
    static func quoted(_ buffer: ByteBuffer) -> String {
        var text = ""
        for byte in buffer.readableBytesView.prefix(limit) {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case 0x5C: text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let octal = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return text
    }
}
