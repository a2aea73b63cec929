// SPDX-License-Identifier: Apache-2.0

/// A name in the DNS: labels of 1 to 63 bytes, at most 253 bytes of text, lower case, without the last dot.
///
/// The text form knows `\.` and `\DDD` (RFC 1035 section 5.1): names that arrive in records may hold any byte, and are
/// written so that they can be logged and never mean another name. Names to ask for are printable ASCII.
package struct DomainName: Sendable, Hashable {
    /// The name; empty for the root.
    package let text: String

    /// The root of the DNS, the target that says "no such service" (RFC 7505).
    package static let root = DomainName(unchecked: "")

    private init(unchecked text: String) {
        self.text = text
    }

    /// A name somebody wrote: printable ASCII without quotes and backslashes; nil when it is empty, too long or badly dotted.
    package init?(_ written: some StringProtocol) {
        var bytes = Array(written.utf8.prefix(DomainName.longestText + 2))
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard 1...DomainName.longestText ~= bytes.count else { return nil }
        var label = 0
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "."):
                guard label > 0 else { return nil }
                label = 0
                continue
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                bytes[index] |= 0x20
            case UInt8(ascii: "\\"), UInt8(ascii: "\""):
                return nil
            case 0x21...0x7E:
                break
            default:
                return nil
            }
            label += 1
            guard label <= DomainName.longestLabel else { return nil }
        }
        guard label > 0 else { return nil }
        self.init(unchecked: String(decoding: bytes, as: UTF8.self))
    }

    /// The uncompressed name that begins at `position` in a record's data, which moves behind it; nil when the labels
    /// run past the end, are too long, or are not labels.
    package init?(wire bytes: [UInt8], at position: inout Int) {
        var next = position
        var text: [UInt8] = []
        var octets = 1
        while true {
            guard bytes.indices.contains(next) else { return nil }
            let length = Int(bytes[next])
            next += 1
            if length == 0 { break }
            octets += length + 1
            guard length <= DomainName.longestLabel, octets <= 255, bytes.count - next >= length else { return nil }
            if !text.isEmpty { text.append(UInt8(ascii: ".")) }
            for byte in bytes[next..<(next + length)] { DomainName.write(byte, to: &text) }
            next += length
        }
        position = next
        self.init(unchecked: String(decoding: text, as: UTF8.self))
    }

    /// Whether the name is the root.
    package var isRoot: Bool { text.isEmpty }

    private static var longestText: Int { 253 }
    private static var longestLabel: Int { 63 }

    private static func write(_ byte: UInt8, to text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"):
            text.append(byte | 0x20)
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""):
            text += [UInt8(ascii: "\\"), byte]
        case 0x21...0x7E:
            text.append(byte)
        default:
            text.append(UInt8(ascii: "\\"))
            for divisor: UInt8 in [100, 10, 1] { text.append(UInt8(ascii: "0") + byte / divisor % 10) }
        }
    }
}

extension DomainName: CustomStringConvertible {
    /// The name without its last dot; `.` for the root.
    package var description: String { isRoot ? "." : text }
}
