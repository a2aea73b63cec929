// SPDX-License-Identifier: Apache-2.0

/// The text of a TXT record, its strings joined (RFC 1035 section 3.3.14, RFC 7208 section 3.3).
package struct TextRecord: Sendable, Hashable {
    /// The bytes as they came.
    package let bytes: [UInt8]

    /// Reads a TXT record; nil when a string runs past the end or there is none.
    package init?(data: [UInt8]) {
        guard !data.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(data.count)
        var next = 0
        while next < data.count {
            let length = Int(data[next])
            next += 1
            guard data.count - next >= length else { return nil }
            bytes += data[next..<(next + length)]
            next += length
        }
        self.bytes = bytes
    }

    /// The text safe for a log line or an SMTP reply: bytes other than printable ASCII become `?`.
    package var printable: String {
        String(decoding: bytes.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
