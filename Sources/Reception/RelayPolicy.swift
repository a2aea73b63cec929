// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol
package import SMTP

/// Who may send where: trusted networks anywhere, everybody else only to our relay domains.
///
/// Judged by the proxied address alone. A client without an authenticated identity is in no network (Postfix:
/// smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination).
package struct RelayPolicy: Sendable {
    private let networks: [AddressRange]
    private let domains: Set<String>
    private let parents: Set<String>
    private let hostname: String

    /// `hostname` stands for the domain of addresses without one. Names may be in any case.
    package init(networks: [AddressRange], relayDomains: [String], hostname: String) {
        self.networks = networks
        self.hostname = hostname.lowercased()
        domains = Set(relayDomains.filter { !$0.hasPrefix(".") }.map { $0.lowercased() })
        // why: Postfix's relay_domains covers subdomains (parent_domain_matches_subdomains).
        parents = Set(relayDomains.map { ($0.hasPrefix(".") ? String($0.dropFirst()) : $0).lowercased() })
    }

    /// Whether the client may relay anywhere.
    package func trusts(_ client: ClientIdentity) -> Bool {
        guard let address = client.address else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// Nil when the client may send to the recipient, else the reply that refuses it.
    package func refusal(of recipient: Mailbox, isTrusted: Bool) -> Reply? {
        isTrusted || isDestination(recipient) ? nil : .relayDenied(recipient.address)
    }

    /// Whether anybody may send to the recipient: a relay domain, and no route in the address.
    package func isDestination(_ recipient: Mailbox) -> Bool {
        !recipient.hasRoute && isRelayDomain(of: recipient)
    }

    /// Whether the address is in one of the relay domains.
    package func isRelayDomain(of mailbox: Mailbox) -> Bool {
        isRelayed(mailbox.domain.isEmpty ? hostname : mailbox.domain)
    }

    private func isRelayed(_ domain: String) -> Bool {
        if domains.contains(domain) { return true }
        var rest = domain[...]
        while let dot = rest.firstIndex(of: ".") {
            rest = rest[rest.index(after: dot)...]
            if parents.contains(String(rest)) { return true }
        }
        return false
    }
}
