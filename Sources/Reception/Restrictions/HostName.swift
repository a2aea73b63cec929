// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol

/// The syntax of host names and addresses in SMTP commands, as Postfix judges it.
enum HostName {
    /// Letters, digits, hyphens inside labels, underscores; labels of 1 to 63 bytes; not all digits and dots.
    static func isValid(_ name: some StringProtocol) -> Bool {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.count <= 255 else { return false }
        var label = 0
        var hasLetter = false
        for (index, byte) in bytes.enumerated() {
            let isLast = index + 1 == bytes.count
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                label += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                label += 1
                hasLetter = true
            case UInt8(ascii: "-"):
                guard label > 0, !isLast, bytes[index + 1] != UInt8(ascii: ".") else { return false }
                label += 1
                hasLetter = true
            case UInt8(ascii: "."):
                guard label > 0, !isLast else { return false }
                label = 0
            default:
                return false
            }
            guard label <= 63 else { return false }
        }
        return hasLetter
    }

    /// An address of either family without brackets.
    static func isAddress(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 == 0x2E || $0 == 0x3A || isHexadecimal($0) } && IPAddress(String(text)) != nil
    }

    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3).
    static func isLiteral(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count > 2 else { return false }
        let inside = text.dropFirst().dropLast()
        guard inside.prefix(5).lowercased() == "ipv6:" else {
            return !inside.contains(":") && isAddress(inside)
        }
        let address = inside.dropFirst(5)
        return address.contains(":") && isAddress(address)
    }

    /// The name without the dot at its end, if there is one and not two.
    static func withoutDot(_ name: String) -> Substring {
        name.utf8.count > 1 && name.hasSuffix(".") && !name.hasSuffix("..") ? name.dropLast() : name[...]
    }

    /// Whether the last label is a number: block lists of domains are not asked about such names.
    static func endsInNumber(_ name: some StringProtocol) -> Bool {
        let last = name.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
