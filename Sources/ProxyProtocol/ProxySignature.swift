// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The bytes both versions begin with, and what it was when a connection begins otherwise.
enum ProxySignature {
    /// `PROXY` and the space that must follow.
    static let version1: [UInt8] = Array("PROXY ".utf8)
    /// CR LF CR LF NUL CR LF Q U I T LF: no protocol's first line (specification 2.2).
    static let version2: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    private static let smtpVerbs = [
        "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "QUIT", "NOOP", "RSET", "STAR", "AUTH", "XCLI",
    ]
    private static let httpMethods = ["GET ", "HEAD", "POST", "PUT ", "OPTI", "CONN", "DELE"]

    /// Names what begins with the first bytes of `buffer`, which no header begins with.
    static func diagnose(_ buffer: ByteBuffer) -> ProxyHeaderError {
        let bytes = buffer.readableBytesView.prefix(32)
        guard let first = bytes.first else { return .notAHeader(seen: "") }
        if first == 0x16 { return .looksLikeTLS }
        let seen = escape(bytes)
        let start = upperCased(bytes.prefix(4))
        if version1.starts(with: upperCased(bytes.prefix(version1.count))) { return .lowerCase(seen: seen) }
        if smtpVerbs.contains(where: { $0.utf8.starts(with: start) }) { return .looksLikeSMTP(seen: seen) }
        if httpMethods.contains(where: { $0.utf8.starts(with: start) }) { return .looksLikeHTTP(seen: seen) }
        return .notAHeader(seen: seen)
    }

    /// The bytes as printable ASCII on one line, for log lines.
    static func escape(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7E: text.unicodeScalars.append(UnicodeScalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text
    }

    private static func upperCased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) ? $0 - 32 : $0 }
    }
}
