// SPDX-License-Identifier: Apache-2.0

extension HostAddress {
    /// Parses the presentation form of either family (RFC 4291 section 2.2), without brackets, port or zone.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(HostAddress.longestText + 1))
        guard bytes.count <= HostAddress.longestText else { return nil }
        if bytes.contains(HostAddress.colon) {
            self.init(ipv6: bytes[...])
        } else if let value = HostAddress.dotted(bytes[...]) {
            self.init(ipv4: value)
        } else {
            return nil
        }
    }

    /// Parses an address literal: the presentation form, bare or as `[192.0.2.1]`, `[IPv6:2001:db8::1]`
    /// (RFC 5321 section 4.1.3).
    package init?(literal text: String) {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count >= 2 else {
            self.init(text)
            return
        }
        let inner = text.dropFirst().dropLast()
        if inner.prefix(5).lowercased() == "ipv6:" {
            self.init(inner.dropFirst(5))
        } else {
            self.init(inner)
        }
    }

    /// `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`.
    private static var longestText: Int { 45 }
    private static var colon: UInt8 { UInt8(ascii: ":") }
    private static var dot: UInt8 { UInt8(ascii: ".") }

    private init?(ipv6 text: ArraySlice<UInt8>) {
        let colon = HostAddress.colon
        let gap = text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
        var groups: [UInt16]
        if let gap {
            guard let head = HostAddress.groups(text[..<gap], dotted: false),
                let tail = HostAddress.groups(text[(gap + 2)...], dotted: true),
                head.count + tail.count < 8
            else { return nil }
            groups = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        } else {
            guard let all = HostAddress.groups(text, dotted: true), all.count == 8 else { return nil }
            groups = all
        }
        self.init(
            high: groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) },
            low: groups.dropFirst(4).reduce(0) { $0 << 16 | UInt64($1) }
        )
    }

    /// The 16-bit groups of a part without `::`; its last may be an IPv4 address in dots, which makes two.
    private static func groups(_ text: ArraySlice<UInt8>, dotted allowed: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: colon, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if allowed, index == parts.count - 1, part.contains(dot) {
                guard let value = HostAddress.dotted(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: value >> 16))
                groups.append(UInt16(truncatingIfNeeded: value))
                continue
            }
            guard 1...4 ~= part.count else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
        }
        return groups.count <= 8 ? groups : nil
    }

    /// Four decimal octets without leading zeros.
    private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: dot, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let octet = DecimalOctet.value(of: part) else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }
}

/// The notation of one octet of an IPv4 address.
enum DecimalOctet {
    /// 0 to 255 in one to three digits, no leading zero, nothing else.
    static func value(of digits: ArraySlice<UInt8>) -> UInt8? {
        guard 1...3 ~= digits.count, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }
}
