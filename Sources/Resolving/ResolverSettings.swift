// SPDX-License-Identifier: Apache-2.0

/// Whom the resolver asks, how long it waits, and what it keeps.
package struct ResolverSettings: Sendable, Equatable {
    /// Recursive name servers, as `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`; empty: those of
    /// `resolverConfiguration`. When that names none either, libunbound asks the authoritative servers from the root on.
    package var nameservers: [String] = []
    /// The host's list of name servers; only its `nameserver` lines count, at most the first ten.
    package var resolverConfiguration = "/etc/resolv.conf"
    /// The host's own names, which go before the DNS; nil: none. Read again when it changes.
    package var hostsFile: String? = "/etc/hosts"
    /// Milliseconds an asker waits.
    package var timeout: Int64 = 10_000
    /// Whether answers are validated with DNSSEC, as long as there is a trust anchor.
    package var validates = true
    /// The DS or DNSKEY records of the root (Debian: package dns-root-data).
    package var trustAnchorFile = "/usr/share/dns/root.key"
    /// Domains whose answers are not validated, as those that only the local name servers know.
    package var insecureDomains: [String] = []
    /// Different questions under way at once; each may hold a socket.
    package var maximumQueries = 1_024
    /// Askers waiting at once, of all questions.
    package var maximumAskers = 65_536
    /// Records of one answer that are looked at; the rest is dropped.
    package var maximumRecords = 256
    /// What the cache may hold and for how long.
    package var cache = CacheSettings()

    /// Bytes of the host's own files that are read; the rest is left out.
    static let fileBytes = 1_048_576

    package init() {}
}

/// The limits of the cache of answers.
package struct CacheSettings: Sendable, Equatable {
    /// Answers kept at most; 0 turns the cache off.
    package var entries = 16_384
    /// Bytes of records in an answer beyond which it is not kept.
    package var answerBytes = 4_096
    /// Seconds an answer is kept at least and at most, whatever its TTL.
    package var minimumTTL: Int64 = 5
    /// Seconds an answer is kept at most.
    package var maximumTTL: Int64 = 86_400
    /// Seconds a denial is kept at most (RFC 2308 section 5 advises one to three hours).
    package var maximumNegativeTTL: Int64 = 3_600
    /// Seconds a failure is kept, so that many askers do not hammer servers in trouble (RFC 9520 section 3.2).
    package var failureTTL: Int64 = 5

    package init() {}
}
