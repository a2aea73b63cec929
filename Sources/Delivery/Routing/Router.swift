// SPDX-License-Identifier: Apache-2.0

package import Spooling

/// Decides which way each recipient goes: the one place where that is decided (Postfix: trivial-rewrite, resolve).
///
/// In this order: `transport_maps`, `relayhost`, the mail exchangers of the recipient's domain. A value: lanes have a copy
/// each, and get a new one when settings or tables change.
package struct Router: Sendable {
    /// Asked in order; nil: a table that could never be read, so that nobody knows what it says.
    let tables: [TransportTable?]
    let relayHost: DeliverySettings.NextHop?
    let port: Int

    /// `port` is that of the mail exchangers (smtp_tcp_port).
    package init(tables: [TransportTable?] = [], relayHost: DeliverySettings.NextHop?, port: Int = 25) {
        self.tables = tables
        self.relayHost = relayHost
        self.port = port
    }

    /// The way of all mail, where there is only one.
    var onlyRoute: Route? {
        guard tables.isEmpty, let relayHost else { return nil }
        return .smtp(relayHost)
    }

    /// The way of one recipient.
    package func route(of address: String) -> Route {
        let domain = Router.domain(of: address)
        guard !tables.isEmpty else { return standard(domain) }
        guard let tables = readable else {
            return .retry(dsn: "4.3.0", text: "mail transport unavailable: a table of transport_maps cannot be read")
        }
        switch Router.find(address.lowercased(), domain, in: tables) {
        case .route(let route): return route
        case .domain: return own(domain)
        case .unchanged, nil: return standard(domain)
        }
    }

    /// The ways of a message's recipients, in the order of the first of each.
    package func routes(of envelope: Envelope, _ recipients: [Int]) -> [(route: Route, recipients: [Int])] {
        if let onlyRoute { return [(onlyRoute, recipients)] }
        if recipients.count == 1 {
            return [(route(of: envelope.recipients[recipients[0]].address), recipients)]
        }
        var routes: [(route: Route, recipients: [Int])] = []
        var places: [Route: Int] = [:]
        for index in recipients {
            let route = route(of: envelope.recipients[index].address)
            if let place = places[route] {
                routes[place].recipients.append(index)
            } else {
                places[route] = routes.count
                routes.append((route, [index]))
            }
        }
        return routes
    }

    /// The part behind the last `@` in lower case; empty where there is none.
    package static func domain(of address: String) -> String {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return "" }
        let domain = address[address.utf8.index(after: at)...]
        return domain.utf8.allSatisfy { !(0x41...0x5A).contains($0) && $0 < 0x80 }
            ? String(domain) : domain.lowercased()
    }

    private var readable: [TransportTable]? {
        let readable = tables.compactMap { $0 }
        return readable.count == tables.count ? readable : nil
    }

    private func standard(_ domain: String) -> Route {
        relayHost.map { .smtp($0) } ?? own(domain)
    }

    /// To the domain's own servers.
    private func own(_ domain: String) -> Route {
        guard !domain.isEmpty else {
            return .error(dsn: "5.1.3", text: "bad destination address: it has no domain, and there is no relayhost")
        }
        if domain.hasPrefix("[") {
            guard domain.hasSuffix("]"), let hop = try? DeliverySettings.NextHop(text: domain, port: port) else {
                return .error(dsn: "5.1.3", text: "bad destination address: \(Router.printable(domain))")
            }
            return .smtp(hop)
        }
        return .smtp(.init(host: domain, port: port, kind: .domain))
    }

    /// Looks for `user@domain`, `domain`, `.parent` of every parent, and `*`: each in all tables before the next.
    private static func find(
        _ address: String,
        _ domain: String,
        in tables: [TransportTable]
    ) -> TransportTable.Entry? {
        func look(_ key: String) -> TransportTable.Entry? {
            for table in tables { if let entry = table.entry(key) { return entry } }
            return nil
        }
        if let entry = look(address) { return entry }
        if let entry = withoutExtension(address).flatMap(look) { return entry }
        if !domain.isEmpty {
            if let entry = look(domain) { return entry }
            var rest = domain[...]
            // why bounded: a name has 127 labels at most, and what is longer is no name.
            for _ in 0..<128 {
                guard let dot = rest.dropFirst().firstIndex(of: ".") else { break }
                rest = rest[dot...]
                if let entry = look(String(rest)) { return entry }
            }
        }
        return look("*")
    }

    /// `user@domain` of `user+extension@domain`.
    private static func withoutExtension(_ address: String) -> String? {
        guard let at = address.lastIndex(of: "@"), let plus = address[..<at].dropFirst().firstIndex(of: "+") else {
            return nil
        }
        return String(address[..<plus] + address[at...])
    }

    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
    }
}
