// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Where connections come from and are taken for: `source`, `usesrc`, `transparent` (HAProxy configuration manual 4.2, 5.1
/// and 5.2).
enum SourceKeywords {
    private static let usage = "ADDRESS[:PORT] [usesrc client | clientip | ADDRESS[:PORT]]"
    private static let summary =
        "The address that connections to servers come from; with 'usesrc' another one's, such as the client's, whose"
        + " answers must be routed through this host (needs CAP_NET_ADMIN)"

    static let working: [Keyword<ProxyDraft>] = [
        Keyword("source", usage, default: "any", in: .serverSide, summary) { proxy, words throws(Finding) in
            proxy.backend.source = try source(&words)
        }
    ]

    static let server: [Keyword<ServerDraft>] = [
        Keyword("source", usage, default: "the backend's", summary) { server, words throws(Finding) in
            server.settings.source = try source(&words)
        },
        Keyword("usesrc", "Stands behind 'source ADDRESS'") { _, words throws(Finding) in
            words.skip()
            throw Finding(
                at: words.keyword,
                "'usesrc' stands behind an address: write 'source 0.0.0.0 usesrc clientip'"
            )
        },
    ]

    static let bind: [Keyword<BindDraft>] = [
        Keyword(
            "transparent",
            default: "off",
            "Takes connections to addresses that are not this host's, where routing brings them here (needs CAP_NET_ADMIN)"
        ) { bind, _ throws(Finding) in
            bind.settings.isTransparent = true
        }
    ]

    private static func source(_ words: inout Arguments) throws(Finding) -> SourceSettings {
        let own = try address(try words.next("an address such as 0.0.0.0"), "source")
        var settings = SourceSettings(host: own.host, port: own.port)
        if let word = words.peek, word.text == "usesrc" {
            words.skip()
            settings.shown = try shown(try words.next("'client', 'clientip' or an address behind 'usesrc'"))
        }
        if let word = words.peek, word.text == "interface" {
            throw Finding(at: word, "'interface' is not supported: name an address of the interface instead")
        }
        return settings
    }

    private static func shown(_ word: Word) throws(Finding) -> SourceSettings.Shown {
        switch word.text {
        case "client": return .client
        case "clientip": return .clientAddress
        default: break
        }
        if word.text.hasPrefix("hdr_ip") {
            throw Finding(
                at: word,
                "'hdr_ip' reads a header of HTTP, which mail does not have; 'clientip' is the client's"
            )
        }
        let address = try address(word, "usesrc")
        guard let host = address.host else {
            throw Finding(at: word, "'usesrc' takes 'client', 'clientip' or one address, not \(word.shown)")
        }
        return .foreign(host: host, port: address.port)
    }

    /// An IP address with or without a port; no host where it stands for all of them.
    private static func address(_ word: Word, _ name: String) throws(Finding) -> (host: String?, port: Int) {
        var host = word.text
        var port = 0
        if IPAddress(host) == nil, let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let text = String(host[host.index(after: colon)...])
            if text.contains("-") { throw Finding(at: word, "'\(name)' takes one port, not a range of them") }
            let distance = host.utf8.distance(from: host.startIndex, to: colon) + 1
            port = try Quantity.integer(word.part(text, at: distance), in: 0...65_535)
            host = String(host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host == "*" || host.isEmpty { return (nil, port) }
        guard let ip = IPAddress(host) else {
            throw Finding(at: word, "'\(name)' takes an IP address, not \(word.shown)")
        }
        let isAny = ip.description == "0.0.0.0" || ip.description == "::"
        return (isAny ? nil : ip.description, port)
    }
}
