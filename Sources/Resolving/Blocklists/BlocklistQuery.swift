// SPDX-License-Identifier: Apache-2.0

/// The name to ask a block or allow list for about an address (RFC 5782 sections 2.1 and 2.4).
package struct BlocklistQuery: Sendable, Hashable {
    /// The address that is asked about.
    package let address: HostAddress
    /// The list's zone.
    package let zone: DomainName
    /// The address reversed below the zone: its A records are the listing, its TXT records say why.
    package let name: DomainName

    /// nil when the zone is too long to hold the address.
    package init?(_ address: HostAddress, in zone: DomainName) {
        guard let name = ReverseName.of(address, under: zone) else { return nil }
        self.address = address
        self.zone = zone
        self.name = name
    }
}

/// What a list said about an address.
package struct BlocklistReply: Sendable, Equatable {
    /// The answers that may be a listing, for `BlocklistSite.matches`; empty: not listed.
    package let listings: [HostAddress]
    /// The answers that say that the list refused (127.255.255.0/24): a fault to report, never a listing.
    package let refusals: [HostAddress]
    /// Seconds the reply may be kept, also when the address is not listed.
    package let ttl: Int64

    /// A reply that is at hand already: `ttl` in seconds.
    package init(listings: [HostAddress], refusals: [HostAddress] = [], ttl: Int64) {
        self.listings = listings
        self.refusals = refusals
        self.ttl = ttl
    }

    /// Sorts the answers to a query.
    package init(_ resolved: Resolved<HostAddress>) {
        self.init(
            listings: resolved.records.filter { BlocklistCode($0) != .refusal },
            refusals: resolved.records.filter { BlocklistCode($0) == .refusal },
            ttl: resolved.ttl
        )
    }
}
