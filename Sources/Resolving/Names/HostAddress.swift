// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address of a host, in one form for both families.
///
/// IPv4 is kept as `::ffff:a.b.c.d`; `description` gives the family's own notation back.
package struct HostAddress: Sendable, Hashable {
    /// The first and last eight bytes in host order.
    package let high: UInt64
    /// The last eight bytes; of an IPv4 address `0x0000_FFFF` and its 32 bits.
    package let low: UInt64

    /// An address from its 128 bits in host order.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An IPv4 address from its 32 bits in host order.
    package init(ipv4 value: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(value))
    }

    /// An address from 4 or 16 bytes in network order, the data of an A or AAAA record; nil for any other length.
    package init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4:
            self.init(ipv4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self.init(
                high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
            )
        default:
            return nil
        }
    }

    /// The 32 bits of an IPv4 address, also when it came as `::ffff:a.b.c.d`; nil for IPv6.
    package var ipv4: UInt32? {
        high == 0 && low >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: low) : nil
    }

    /// The address in network order: 4 bytes for IPv4, 16 for IPv6.
    package var bytes: [UInt8] {
        if let ipv4 { return stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: ipv4 >> $0) } }
        return [high, low].flatMap { half in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: half >> $0) }
        }
    }
}

extension HostAddress: CustomStringConvertible {
    /// The address as people write it: `192.0.2.1` or `2001:db8::1` (RFC 5952).
    package var description: String {
        if ipv4 != nil { return bytes.map(String.init).joined(separator: ".") }
        let groups =
            stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: high >> $0) }
            + stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: low >> $0) }
        guard let gap = HostAddress.gap(in: groups) else { return HostAddress.hexadecimal(groups[...]) }
        return HostAddress.hexadecimal(groups[..<gap.lowerBound]) + "::"
            + HostAddress.hexadecimal(groups[gap.upperBound...])
    }

    private static func hexadecimal(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The groups that `::` stands for: the longest run of at least two zeros, the first among equals.
    private static func gap(in groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = end + 1
        }
        return best
    }
}
