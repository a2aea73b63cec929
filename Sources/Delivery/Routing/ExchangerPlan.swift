// SPDX-License-Identifier: Apache-2.0

package import Resolving

/// Draws from DNS answers which servers to try and in which order, or why there are none (RFC 5321 section 5.1, RFC 7505;
/// Postfix: smtp_addr.c). Pure: it asks nobody.
package enum ExchangerPlan {
    /// A server's name and how soon to try it.
    package struct Host: Sendable, Equatable {
        /// The host's name, without a final dot.
        package var name: String
        /// Lower is tried first.
        package var preference: UInt16

        /// `preference` is 0 for a domain that has no MX record.
        package init(name: String, preference: UInt16) {
            self.name = name
            self.preference = preference
        }
    }

    /// What the MX records of a domain mean.
    package enum Step: Sendable, Equatable {
        /// The addresses of these hosts are wanted, best first.
        case hosts([Host])
        case failed(RecipientResult)
    }

    /// Reads the answer about a hop's mail exchangers.
    ///
    /// - Parameters:
    ///   - ownNames: names of ours in lower case: servers no better than ourselves are left out.
    ///   - limit: hosts at most.
    package static func hosts(
        _ answer: Result<Resolved<MailExchanger>, ResolverError>,
        for hop: DeliverySettings.NextHop,
        ownNames: [String],
        limit: Int
    ) -> Step {
        let found: Resolved<MailExchanger>
        switch answer {
        case .success(let resolved): found = resolved
        case .failure(let error): return .failed(failure(error, name: hop.host, type: "MX", hop))
        }
        switch found.existence {
        case .noDomain: return .failed(missing(hop.host, type: "MX", "Host not found", hop))
        case .noData:
            // why: behind another port that an operator wrote may be another server of this host.
            let mayBeUs = hop.kind == .domain || hop.port == 25
            guard !mayBeUs || !ownNames.contains(hop.host) else { return .failed(loop(hop)) }
            return .hosts([Host(name: hop.host, preference: 0)])
        case .found: break
        }
        if found.isNullMX {
            return .failed(
                final(.init(.bounced, dsn: "5.1.10", text: "Domain \(hop.host) does not accept mail (nullMX)"), hop)
            )
        }
        // why: the root among others, or a record that cannot be read, names no server (RFC 7505 section 3).
        var hosts = found.records.filter { !$0.host.isRoot }
            .map { Host(name: $0.host.text, preference: $0.preference) }
        guard !hosts.isEmpty else {
            return .failed(
                .init(.deferred, dsn: "4.4.4", text: "unable to find a usable mail exchanger for \(hop.host)")
            )
        }
        hosts.sort { $0.preference < $1.preference }
        if let own = hosts.first(where: { ownNames.contains($0.name) })?.preference {
            hosts.removeAll { $0.preference >= own }
            guard !hosts.isEmpty else { return .failed(loop(hop)) }
        }
        return .hosts(Array(hosts.prefix(max(1, limit))))
    }

    /// Reads the answers about the hosts' addresses: the servers in the order they are to be tried.
    ///
    /// - Parameter answers: one a host.
    package static func targets(
        _ hosts: [Host],
        _ answers: [Result<Resolved<HostAddress>, ResolverError>],
        for hop: DeliverySettings.NextHop,
        _ settings: RoutingSettings,
        using generator: inout some RandomNumberGenerator
    ) -> Result<[HopTarget], RecipientResult> {
        var candidates: [(host: Host, address: HostAddress)] = []
        var problem: RecipientResult?
        for (host, answer) in zip(hosts, answers) {
            switch answer {
            case .success(let found):
                let usable = found.records.filter { $0.ipv4 != nil ? settings.usesIPv4 : settings.usesIPv6 }
                candidates += usable.map { (host, $0) }
                if usable.isEmpty, problem?.status != .deferred {
                    let reason =
                        found.existence == .noDomain
                        ? "Host not found" : "Host found but no data record of requested type"
                    problem = missing(host.name, type: type(settings), reason, hop)
                }
            case .failure(let error):
                let result = failure(error, name: host.name, type: type(settings), hop)
                if result.status == .deferred || problem?.status != .deferred { problem = result }
            }
        }
        guard !candidates.isEmpty else {
            return .failure(
                problem ?? .init(.deferred, dsn: "4.4.4", text: "unable to find an address for \(hop.host)")
            )
        }
        if settings.randomizes { candidates.shuffle(using: &generator) }
        // Swift's sort is stable, so what was shuffled stays so among equals.
        candidates.sort { left, right in
            if left.host.preference != right.host.preference { return left.host.preference < right.host.preference }
            return rank(left.address, settings) < rank(right.address, settings)
        }
        let limit = settings.addressLimit > 0 ? settings.addressLimit : candidates.count
        return .success(
            candidates.prefix(limit).map { HopTarget(host: $0.host.name, address: $0.address, port: hop.port) }
        )
    }

    // MARK: words

    private static func rank(_ address: HostAddress, _ settings: RoutingSettings) -> Int {
        switch settings.addressPreference {
        case .any: 0
        case .ipv4: address.ipv4 != nil ? 0 : 1
        case .ipv6: address.ipv4 == nil ? 0 : 1
        }
    }

    private static func type(_ settings: RoutingSettings) -> String {
        settings.usesIPv6 ? settings.usesIPv4 ? "A or AAAA" : "AAAA" : "A"
    }

    /// A name that does not exist: final for a recipient's own domain, and a mistake to be put right for anything else.
    private static func missing(
        _ name: String,
        type: String,
        _ reason: String,
        _ hop: DeliverySettings.NextHop
    ) -> RecipientResult {
        final(.init(.bounced, dsn: "5.4.4", text: text(name, type, reason)), hop)
    }

    private static func failure(
        _ error: ResolverError,
        name: String,
        type: String,
        _ hop: DeliverySettings.NextHop
    ) -> RecipientResult {
        switch error {
        case .invalidName:
            missing(name, type: type, "Malformed or unexpected name server reply", hop)
        case .bogus(let reason):
            .init(.deferred, dsn: "4.7.5", text: text(name, type, "DNSSEC validation failed: \(reason)"))
        case .timedOut, .serverFailure, .response, .overloaded, .cancelled, .closed, .unusable, .library:
            .init(.deferred, dsn: "4.4.3", text: text(name, type, "Host not found, try again"))
        }
    }

    /// We are the best server ourselves.
    private static func loop(_ hop: DeliverySettings.NextHop) -> RecipientResult {
        final(.init(.bounced, dsn: "5.4.6", text: "mail for \(hop.host) loops back to myself"), hop)
    }

    private static func final(_ result: RecipientResult, _ hop: DeliverySettings.NextHop) -> RecipientResult {
        guard hop.kind != .domain else { return result }
        // why: a next hop that the operator wrote is wrong or gone for a while; mail waits for that to be put right.
        return .init(.deferred, dsn: "4" + result.dsn.dropFirst(), text: result.text)
    }

    private static func text(_ name: String, _ type: String, _ reason: String) -> String {
        "Host or domain name not found. Name service error for name=\(name) type=\(type): \(reason)"
    }
}
