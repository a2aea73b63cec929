// SPDX-License-Identifier: Apache-2.0

/// Where a recursive name server listens: an address and a port.
package struct NameserverAddress: Sendable, Equatable {
    /// Its address: name servers have no names here.
    package let host: HostAddress
    /// From 1 on; 53 where none was said.
    package let port: UInt16

    /// Parses `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; the port is 53 unless said.
    package init?(_ text: String) {
        if let host = HostAddress(text) {
            self.init(host: host, port: "53")
        } else if text.hasPrefix("["), text.hasSuffix("]") {
            self.init(host: HostAddress(text.dropFirst().dropLast()), port: "53")
        } else if let colon = text.lastIndex(of: ":") {
            let name = text[..<colon]
            let port = text[text.index(after: colon)...]
            if name.hasPrefix("["), name.hasSuffix("]") {
                self.init(host: HostAddress(name.dropFirst().dropLast()), port: port)
            } else {
                self.init(host: name.contains(":") ? nil : HostAddress(name), port: port)
            }
        } else {
            return nil
        }
    }

    private init?(host: HostAddress?, port: Substring) {
        guard let host, port.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let number = UInt16(port), number > 0
        else { return nil }
        self.host = host
        self.port = number
    }

    /// The notation of libunbound.
    package var forward: String { "\(host)@\(port)" }
}
