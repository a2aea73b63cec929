// SPDX-License-Identifier: Apache-2.0

package import enum NIOCore.SocketAddress

/// An IP address without a port, in one form for both families, cheap to compare, mask and hash.
///
/// IPv4 is kept as `::ffff:a.b.c.d`; `description` gives the family's own notation back.
package struct IPAddress: Sendable, Hashable {
    /// The first and last eight bytes in host order.
    package let high: UInt64
    /// The last eight bytes; of an IPv4 address `0x0000_FFFF` and its 32 bits.
    package let low: UInt64

    /// An address from its 128 bits in host order.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses the presentation form of either family, without brackets, port or zone.
    package init?(_ text: String) {
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        self.init(address)
    }

    /// The IP address of a socket address; nil for a UNIX socket.
    package init?(_ address: SocketAddress) {
        switch address {
        case .v4(let v4):
            self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: v4.address.sin_addr.s_addr)))
        case .v6(let v6):
            var bytes = v6.address.sin6_addr
            self = withUnsafeBytes(of: &bytes) { raw in
                IPAddress(
                    high: UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        case .unixDomainSocket:
            return nil
        }
    }

    /// Whether the address is an IPv4 one, also when it came as `::ffff:a.b.c.d`.
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool { isIPv4 ? (low >> 24) & 0xFF == 127 : high == 0 && low == 1 }

    /// The address with all but its first `bits` of 128 bits cleared.
    package func masked(to bits: Int) -> IPAddress {
        IPAddress(
            high: bits >= 64 ? high : (bits <= 0 ? 0 : high & (UInt64.max << UInt64(64 - bits))),
            low: bits >= 128 ? low : (bits <= 64 ? 0 : low & (UInt64.max << UInt64(128 - bits)))
        )
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as people write it: `192.0.2.1` or `2001:db8::1` (RFC 5952).
    package var description: String {
        if isIPv4 {
            return "\((low >> 24) & 0xFF).\((low >> 16) & 0xFF).\((low >> 8) & 0xFF).\(low & 0xFF)"
        }
        let groups = [high >> 48, high >> 32, high >> 16, high, low >> 48, low >> 32, low >> 16, low]
            .map { UInt16(truncatingIfNeeded: $0) }
        guard let gap = IPAddress.longestRunOfZeros(in: groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let tail = groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return "\(head)::\(tail)"
    }

    /// The groups that `::` stands for: the longest run of at least two zero groups, the first among equals.
    private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}
