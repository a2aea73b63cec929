// SPDX-License-Identifier: Apache-2.0

/// The labels an address has below a reverse zone or a block list, last octet or nibble first.
enum ReverseName {
    /// `4.3.2.1.ZONE` for IPv4 (RFC 1035 section 3.5, RFC 5782 section 2.1), 32 nibbles for IPv6 (RFC 3596 section 2.5,
    /// RFC 5782 section 2.4); nil when that is too long to be a name.
    static func of(_ address: HostAddress, under zone: DomainName) -> DomainName? {
        var labels: [String]
        if address.ipv4 != nil {
            labels = address.bytes.reversed().map { String($0) }
        } else {
            labels = address.bytes.reversed().flatMap { [String($0 & 15, radix: 16), String($0 >> 4, radix: 16)] }
        }
        labels.append(zone.text)
        return DomainName(labels.joined(separator: "."))
    }

    /// The name whose PTR records name the host at an address.
    static func pointer(to address: HostAddress) -> DomainName? {
        DomainName(address.ipv4 != nil ? "in-addr.arpa" : "ip6.arpa").flatMap { of(address, under: $0) }
    }
}
