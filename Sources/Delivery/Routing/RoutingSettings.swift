// SPDX-License-Identifier: Apache-2.0

/// Which way mail goes, and how far the search for a server of a destination reaches: Postfix's parameters and defaults.
package struct RoutingSettings: Sendable, Equatable {
    /// Which addresses of a server are tried first among those of one preference.
    package enum AddressPreference: Sendable, Equatable {
        case any, ipv4, ipv6
    }

    /// transport_maps: asked in this order, before relayhost.
    package var transportTables: [TransportSource] = []
    /// smtp_fallback_relay: tried in turn when a destination is not found or not reached.
    package var fallbackRelays: [DeliverySettings.NextHop] = []
    /// smtp_tcp_port: where no port is given.
    package var port = 25
    /// smtp_mx_address_limit: addresses tried in one attempt; 0: no limit but `exchangerLimit`.
    package var addressLimit = 5
    /// smtp_mx_session_limit: servers of one next hop that a message is offered to in one attempt, those that fail in
    /// greeting, EHLO or handshake not counted; 0: no limit.
    package var sessionLimit = 2
    /// smtp_address_preference.
    package var addressPreference = AddressPreference.any
    /// inet_protocols of the queue: the families of addresses that are used.
    package var usesIPv4 = true
    /// Whether addresses of IPv6 are used.
    package var usesIPv6 = true
    /// smtp_randomize_addresses: servers and addresses of one preference in random order.
    package var randomizes = true
    /// disable_dns_lookups = no, smtp_dns_support_level: whether MX records are asked for at all.
    package var usesExchangers = true
    /// smtp_skip_5xx_greeting: a permanent refusal in the greeting is tried again elsewhere, and later.
    package var skipsPermanentGreeting = true
    /// defer_transports = smtp: mail waits in the queue, nothing is tried.
    package var defersEverything = false
    /// initial_destination_concurrency: connections to a destination before it took any mail.
    package var initialConcurrency = 5
    /// smtp_destination_limit: destinations in memory at once; further ones wait for a minute.
    package var destinationLimit = 20_000
    /// smtp_connection_limit: connections to all destinations together.
    package var connectionLimit = 2_000
    /// Exchangers of a domain that are looked at.
    package var exchangerLimit = 20

    package init() {}
}

/// A table of `transport_maps`.
package enum TransportSource: Sendable, Equatable, Hashable {
    /// A text file with lines of pattern and result.
    case file(path: String)
    /// The lines themselves.
    case inline(String)
}
