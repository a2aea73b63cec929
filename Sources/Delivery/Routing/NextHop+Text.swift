// SPDX-License-Identifier: Apache-2.0

import Resolving

extension DeliverySettings.NextHop {
    /// Why a text is no next hop.
    struct Mistake: Error, Equatable {
        let text: String
    }

    /// Reads a next hop as Postfix writes it: `[host]:port` is the host itself, `domain:port` its mail exchangers.
    ///
    /// - Parameter port: where the text has none.
    init(text: String, port standard: Int) throws(Mistake) {
        var name = text[...]
        var port: Substring?
        var isHost = false
        if text.hasPrefix("[") {
            guard let close = text.lastIndex(of: "]") else { throw Mistake(text: "the bracket '[' is not closed") }
            name = text[text.index(after: text.startIndex)..<close]
            if name.lowercased().hasPrefix("ipv6:") { name = name.dropFirst(5) }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw Mistake(text: "only a colon and a port can follow the bracket ']'")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
            isHost = true
        } else if HostAddress(text) == nil, let colon = text.lastIndex(of: ":") {
            name = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let address = HostAddress(literal: String(name))
        guard let host = address?.description ?? DomainName(name)?.text, !host.contains("/") else {
            throw Mistake(text: "'\(name.prefix(64))' is neither an IP address nor a host name")
        }
        self.init(
            host: host,
            port: try Self.number(port, standard),
            kind: isHost || address != nil ? .host : .exchangers
        )
    }

    private static func number(_ text: Substring?, _ standard: Int) throws(Mistake) -> Int {
        guard let text else { return standard }
        switch text.lowercased() {
        case "smtp", "mail": return 25
        case "submission": return 587
        default: break
        }
        guard let number = Int(text), (1...65_535).contains(number) else {
            throw Mistake(text: "'\(text.prefix(16))' is not a port")
        }
        return number
    }
}
