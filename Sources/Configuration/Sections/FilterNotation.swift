// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception

/// Owns the addresses of filters as Postfix writes them (postconf(5), smtpd_milters, content_filter, smtpd_proxy_filter).
enum FilterNotation {
    /// The filters of `smtpd_milters`: `inet:HOST:PORT`, `unix:/PATH`, or one with options in braces.
    static func milters(_ items: [Word]) throws(Finding) -> [MilterSettings] {
        var milters: [MilterSettings] = []
        var open: Word?
        var group: [Word] = []
        for item in items {
            var item = item
            if item.text.hasPrefix("{") {
                guard open == nil else { throw Finding(at: item, "a brace is open already: close it with '}'") }
                open = item
                group = []
                item = item.part(item.text.dropFirst(), at: 1)
            }
            let closes = open != nil && item.text.hasSuffix("}")
            if closes { item = item.part(item.text.dropLast(), at: 0) }
            if !item.text.isEmpty {
                if open == nil { milters.append(try milter(item)) } else { group.append(item) }
            }
            if closes {
                guard let first = group.first else { throw Finding(at: item, "there is no filter between the braces") }
                var one = try milter(first)
                for option in group.dropFirst() { one.exceptions.append(try exception(option)) }
                milters.append(one)
                open = nil
            }
        }
        if let open { throw Finding(at: open, "the brace '{' is not closed") }
        return milters
    }

    private static func milter(_ word: Word) throws(Finding) -> MilterSettings {
        let text = word.text
        guard text.hasPrefix("inet:") || text.hasPrefix("unix:") || text.hasPrefix("local:") || text.hasPrefix("inet6:")
        else { throw Finding(at: word, "\(word.shown) is no milter: write inet:HOST:PORT or unix:/PATH") }
        return MilterSettings(name: text, address: try address(word))
    }

    /// `inet:HOST:PORT`, `HOST:PORT`, `unix:/PATH`.
    static func address(_ word: Word) throws(Finding) -> FilterAddress {
        for scheme in ["unix:", "local:"] where word.text.hasPrefix(scheme) {
            let path = word.text.dropFirst(scheme.count)
            guard path.hasPrefix("/"), path.utf8.count > 1 else {
                throw Finding(at: word, "\(word.shown) needs an absolute path: unix:/PATH")
            }
            guard path.utf8.count <= AddressNotation.pathBytes else {
                throw Finding(at: word, "the path of a UNIX socket has at most \(AddressNotation.pathBytes) bytes")
            }
            return .unix(path: String(path))
        }
        var rest = word
        for scheme in ["inet:", "inet6:"] where word.text.hasPrefix(scheme) {
            rest = word.part(word.text.dropFirst(scheme.count), at: scheme.utf8.count)
        }
        // why: libmilter's own notation is port@host.
        if let sign = rest.text.firstIndex(of: "@"), rest.text[..<sign].allSatisfy(\.isNumber) {
            let host = rest.text[rest.text.index(after: sign)...]
            throw Finding(at: word, "write inet:\(host):\(rest.text[..<sign]), host first, as Postfix does")
        }
        guard rest.text.contains(":") else {
            let port = Quantity.looksLikePort(rest.text) ? "127.0.0.1:\(rest.text)" : "HOST:PORT"
            throw Finding(at: word, "\(word.shown) has no host and port: write \(port)")
        }
        guard case .tcp(let host, let port) = try AddressNotation.target(rest) else {
            throw Finding(at: word, "\(word.shown) is not an address: write HOST:PORT or unix:/PATH")
        }
        return .ip(host: host, port: port)
    }

    /// `smtp:[HOST]:PORT` of content_filter; nil for an empty value.
    static func contentFilter(_ word: Word) throws(Finding) -> String {
        guard let colon = word.text.firstIndex(of: ":"), !word.text.hasPrefix("[") else {
            throw Finding(at: word, "\(word.shown) has no transport: write smtp:[HOST]:PORT")
        }
        let transport = word.text[..<colon]
        guard ["smtp", "relay"].contains(transport) else {
            throw Finding(
                at: word,
                "the transport '\(transport)' is not known here: filters are reached by SMTP alone, write smtp:[HOST]:PORT"
            )
        }
        let rest = word.text[word.text.index(after: colon)...]
        guard !rest.isEmpty else { throw Finding(at: word, "the filter's address is missing: write smtp:[HOST]:PORT") }
        let hop = try NextHopNotation.nextHop(word.part(rest, at: transport.utf8.count + 1))
        return "[\(hop.host)]:\(hop.port)"
    }

    private static func exception(_ word: Word) throws(Finding) -> MilterSettings.Exception {
        let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw Finding(at: word, "\(word.shown) is not an option such as default_action=accept")
        }
        let value = word.part(parts[1], at: parts[0].utf8.count + 1)
        switch parts[0] {
        case "default_action":
            guard let action = MilterManner.DefaultAction(rawValue: value.text) else {
                let all = MilterManner.DefaultAction.allCases.map(\.rawValue).joined(separator: ", ")
                throw Finding(at: value, "\(value.shown) is no default action: write one of \(all)")
            }
            return .defaultAction(action)
        case "connect_timeout": return .connectTimeout(try time(value))
        case "command_timeout": return .commandTimeout(try time(value))
        case "content_timeout": return .contentTimeout(try time(value))
        case "protocol": return .version(try version(value))
        default:
            let known = ["default_action", "connect_timeout", "command_timeout", "content_timeout", "protocol"]
            throw Finding(
                at: word,
                "unknown option \(String(parts[0]).shown)\(NearestWord.hint(for: String(parts[0]), among: known))"
            )
        }
    }

    static func version(_ word: Word) throws(Finding) -> Int {
        let version = try Quantity.integer(word, in: 2...6)
        guard version != 5 else { throw Finding(at: word, "there is no version 5 of the milter protocol") }
        return version
    }

    private static func time(_ word: Word) throws(Finding) -> Int {
        try Quantity.time(word, unit: .seconds, in: 1_000...Quantity.longestTime)
    }
}

extension Quantity {
    /// Whether a text is a number that can be a port.
    static func looksLikePort(_ text: String) -> Bool {
        Int(text).map { (1...65_535).contains($0) } ?? false
    }
}
