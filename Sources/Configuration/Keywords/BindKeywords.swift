// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// The options of `bind`, in proxies and in pools (HAProxy configuration manual 5.1).
enum BindKeywords {
    static let table = KeywordTable<BindDraft>([working, SourceKeywords.bind, harmless, unsafe])

    private static let tls = "clients would be spoken to in clear text"

    private static let working: [Keyword<BindDraft>] = [
        Keyword(
            "accept-proxy",
            default: "off",
            "Every connection must begin with a PROXY header, version 1 or 2, and is judged by the address in it"
        ) { bind, _ throws(Finding) in
            bind.acceptProxy = true
        },
        Keyword(
            "proxy-from",
            "NETWORK[,NETWORK]...",
            default: "anybody",
            "The networks whose hosts may send a PROXY header; others are refused"
        ) { bind, words throws(Finding) in
            let word = try words.next("one or more networks such as 192.0.2.0/28")
            bind.proxyFrom = words.keyword
            var ranges: [AddressRange] = []
            for item in word.listed { ranges.append(try NetworkList.range(item)) }
            guard !ranges.isEmpty else { throw Finding(at: word, "'proxy-from' needs at least one network") }
            bind.settings.proxyFrom = (bind.settings.proxyFrom ?? []) + ranges
        },
        Keyword("name", "NAME", default: "the frontend's name", "The listener's name in statistics and logs") {
            bind,
            words throws(Finding) in
            bind.settings.name = try words.next("a name").text
        },
        Keyword(
            "backlog",
            "NUMBER",
            default: String(BindSettings(address: .unix(path: "")).backlog),
            "How many connections the kernel keeps that were not accepted yet"
        ) { bind, words throws(Finding) in
            bind.settings.backlog = try words.integer(in: 1...65_535)
            bind.hasBacklog = true
        },
        Keyword("maxconn", "NUMBER", default: "none", "Counts as the whole section's 'maxconn', with a warning") {
            bind,
            words throws(Finding) in
            bind.maximumConnections = try words.integer(in: 0...10_000_000)
            words.warn(at: words.keyword, "'maxconn' of a 'bind' line counts for the whole section in this version")
        },
        Keyword("v4v6", default: "off", "An address of IPv6 takes connections of IPv4 as well") {
            bind,
            _ throws(Finding) in
            bind.settings.acceptsIPv4 = true
        },
        Keyword("v6only", default: "on", "An address of IPv6 takes connections of IPv6 alone") {
            bind,
            _ throws(Finding) in
            bind.settings.acceptsIPv4 = false
        },
        Keyword("defer-accept", "Is ignored, because it is wrong for SMTP") { _, words throws(Finding) in
            words.warn(
                at: words.keyword,
                "'defer-accept' is ignored: with SMTP the server speaks first, so both sides would wait for the other"
            )
        },
    ]

    private static let harmless: [Keyword<BindDraft>] =
        Keyword.ignored("id", "nice", "mss", "tcp-ut", "shards", "thread", "process", arity: 1, because: "tuning only")
        + Keyword.ignored("tfo", because: "tuning only")
        + Keyword.ignored("expose-fd", arity: 1, because: "systemd keeps the sockets over a restart")
        + Keyword.ignored("severity-output", "proto", arity: 1, because: "it has no meaning for SMTP")

    private static let unsafe: [Keyword<BindDraft>] =
        Keyword.refused("ssl", because: tls)
        + Keyword.unsupported(
            "crt",
            "crt-list",
            "ca-file",
            "ca-verify-file",
            "crl-file",
            "ciphers",
            "ciphersuites",
            "curves",
            "ecdhe",
            "verify",
            "alpn",
            "npn",
            "ssl-min-ver",
            "ssl-max-ver",
            "tls-ticket-keys",
            "ca-ignore-err",
            "crt-ignore-err",
            arity: 1,
            so: "there is no TLS in this version"
        )
        + Keyword.unsupported(
            "strict-sni",
            "no-sslv3",
            "no-tlsv10",
            "no-tlsv11",
            "no-tlsv12",
            "no-tlsv13",
            "no-tls-tickets",
            "force-tlsv12",
            "force-tlsv13",
            "prefer-client-ciphers",
            "allow-0rtt",
            so: "there is no TLS in this version"
        )
        + Keyword.refused(
            "interface",
            "namespace",
            arity: 1,
            because: "the port would be open to more hosts than you want"
        )
        + Keyword.refused("accept-netscaler-cip", arity: 1, because: "only the PROXY protocol is understood")
        + Keyword.refused(
            "mode",
            "user",
            "group",
            "uid",
            "gid",
            "level",
            arity: 1,
            because: "the socket would be open to more users than you want; let systemd open it (SocketMode=)"
        )
}
