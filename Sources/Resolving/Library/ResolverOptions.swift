// SPDX-License-Identifier: Apache-2.0

import Files

/// What libunbound is told: the settings in its own words (unbound.conf(5)).
struct ResolverOptions: Sendable {
    let nameservers: [NameserverAddress]
    /// The trust anchors to validate with; nil when answers are not to be, or cannot be, validated.
    let trustAnchorFile: String?
    let values: [(name: String, value: String)]

    /// Translates settings, looking at the host's files where they say so; throws `unusable` with the one that is wrong.
    init(_ settings: ResolverSettings) throws(ResolverError) {
        var servers: [NameserverAddress] = []
        for text in settings.nameservers {
            guard let server = NameserverAddress(text) else {
                throw .unusable("name server \"\(text)\" is not an address with an optional port")
            }
            servers.append(server)
        }
        if servers.isEmpty,
            let text = HostFile.text(of: settings.resolverConfiguration, limit: ResolverSettings.fileBytes)
        {
            servers = NameserverList.read(text)
        }
        nameservers = servers
        let anchored = settings.validates && (try? HostFile.stamp(of: settings.trustAnchorFile)) != nil
        trustAnchorFile = anchored ? settings.trustAnchorFile : nil

        var values = Self.always
        // A loopback name server may be asked when the host says so, and never because a zone somewhere names it.
        values.append(("do-not-query-localhost", servers.isEmpty ? "yes" : "no"))
        // A name server that is silent about one zone is not dead, and one that was dead is asked again soon: what
        // libunbound knows of it is forgotten before its backoff reaches the point where it stops asking.
        if !servers.isEmpty { values.append(("infra-host-ttl", "10")) }
        values.append(("outgoing-range", String(min(max(settings.maximumQueries, 16), 4_096))))
        for text in settings.insecureDomains {
            guard let domain = DomainName(text) else { throw .unusable("domain \"\(text)\" is not a name") }
            values.append(("domain-insecure", domain.text))
        }
        self.values = values
    }

    private static let always: [(name: String, value: String)] = [
        // The name servers know these; libunbound would deny them by itself.
        ("unblock-lan-zones", "yes"),
        ("insecure-lan-zones", "yes"),
        ("local-zone", "test. transparent"),
        ("local-zone", "home.arpa. transparent"),
        ("domain-insecure", "test"),
        ("infra-keep-probing", "yes"),
        ("outgoing-num-tcp", "32"),
        ("minimal-responses", "yes"),
    ]
}
