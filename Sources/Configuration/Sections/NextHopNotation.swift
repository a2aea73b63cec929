// SPDX-License-Identifier: Apache-2.0

import Delivery
import ProxyProtocol

/// Owns a next hop as Postfix writes it: `[host]:port` is the host itself, `domain:port` the domain's mail exchangers
/// (postconf(5), relayhost).
enum NextHopNotation {
    private static let services = ["smtp": 25, "submission": 587, "mail": 25]

    static func nextHop(_ word: Word) throws(Finding) -> DeliverySettings.NextHop {
        let text = word.text
        var host = text
        var port: Substring?
        var portDistance = 0
        if text.hasPrefix("[") {
            guard let close = text.lastIndex(of: "]") else { throw Finding(at: word, "the bracket '[' is not closed") }
            host = String(text[text.index(after: text.startIndex)..<close])
            if host.lowercased().hasPrefix("ipv6:") { host = String(host.dropFirst(5)) }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw Finding(at: word, "only a colon and a port can follow the bracket ']'")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
            portDistance = text.utf8.count - (port?.utf8.count ?? 0)
        } else if let colon = text.lastIndex(of: ":"), IPAddress(text) == nil {
            host = String(text[..<colon])
            port = text[text.index(after: colon)...]
            portDistance = text.utf8.count - (port?.utf8.count ?? 0)
        }
        if host.contains("/") {
            throw Finding(at: word, "\(word.shown) is not a next hop: write [HOST]:PORT")
        }
        let address = IPAddress(host)
        guard address != nil || host.isHostName else {
            throw Finding(at: word, "\(host.shown) is neither an IP address nor a host name")
        }
        let name = address?.description ?? host.lowercased()
        let kind: DeliverySettings.NextHop.Kind = address != nil || text.hasPrefix("[") ? .host : .exchangers
        guard let port else { return DeliverySettings.NextHop(host: name, kind: kind) }
        if let number = services[port.lowercased()] {
            return DeliverySettings.NextHop(host: name, port: number, kind: kind)
        }
        let part = word.part(port, at: portDistance)
        if ["smtps", "submissions"].contains(port.lowercased()) {
            throw Finding(at: part, "\(part.shown) needs TLS from the first byte, which this version does not have")
        }
        return DeliverySettings.NextHop(host: name, port: try Quantity.integer(part, in: 1...65_535), kind: kind)
    }
}
