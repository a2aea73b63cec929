// SPDX-License-Identifier: Apache-2.0

package import enum NIOCore.SocketAddress

/// A network in CIDR notation, IPv4 or IPv6, as `proxy-from` and `mynetworks` list them.
///
/// IPv4 addresses are kept in their IPv4-mapped IPv6 form, so `::ffff:192.0.2.1` and `192.0.2.1` are one address.
package struct AddressRange: Sendable, Equatable {
    /// The network's address, 16 bytes in network order; IPv4 as `::ffff:a.b.c.d`.
    package let network: IPAddress
    /// How many leading bits of the 128 must match.
    package let prefixLength: Int

    init(network: IPAddress, prefixLength: Int) {
        self.network = network
        self.prefixLength = prefixLength
    }

    /// Parses `192.0.2.0/24`, `192.0.2.1`, `2001:db8::/32`, `[::1]/128` (Postfix writes IPv6 in brackets).
    ///
    /// Returns nil where the text is no address or has bits set beyond the prefix.
    package init?(_ text: String) {
        let unbracketed = text.replacingBrackets()
        let parts = unbracketed.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let network = IPAddress(String(first)) else { return nil }
        let width = network.isIPv4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard let given = Int(parts[1]), (0...width).contains(given), !parts[1].hasPrefix("+") else { return nil }
            length = given
        }
        let absolute = network.isIPv4 ? length + 96 : length
        guard network.masked(to: absolute) == network else { return nil }
        self.network = network
        self.prefixLength = absolute
    }

    /// Whether `address` lies in the network; a UNIX socket never does.
    package func contains(_ address: SocketAddress) -> Bool {
        guard let candidate = IPAddress(address) else { return false }
        return contains(candidate)
    }

    /// Whether `address` lies in the network.
    package func contains(_ address: IPAddress) -> Bool {
        address.masked(to: prefixLength) == network
    }
}

extension String {
    fileprivate func replacingBrackets() -> String {
        guard hasPrefix("["), let close = firstIndex(of: "]") else { return self }
        return String(self[index(after: startIndex)..<close]) + String(self[index(after: close)...])
    }
}
