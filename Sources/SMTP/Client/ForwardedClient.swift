// SPDX-License-Identifier: Apache-2.0

/// The client on whose behalf a message is passed on, as XFORWARD tells it (Postfix: XFORWARD_README).
package struct ForwardedClient: Sendable, Equatable {
    /// The host name, nil when it is not known.
    package var name: String?
    /// The IP address, nil when it is not known.
    package var address: String?
    package var port: String?
    /// What it said in HELO or EHLO.
    package var hello: String?
    /// `SMTP` or `ESMTP`.
    package var proto: String?
    /// The queue id at the sender's side.
    package var ident: String?

    /// Bytes of one command at most (RFC 5321 section 4.5.3.1.4).
    private static let lineLimit = 510

    package init() {}

    /// The XFORWARD commands for a server that answered EHLO with `reply`; none when it does not offer the extension.
    package func commands(offered reply: Reply) -> [String] {
        let words = reply.lines.dropFirst().map { $0.split(separator: " ").map { $0.uppercased() } }
        guard let offered = words.first(where: { $0.first == "XFORWARD" }) else { return [] }
        return commands(attributes: Set(offered.dropFirst()))
    }

    /// The XFORWARD commands for the attributes that a server knows.
    package func commands(attributes: Set<String>) -> [String] {
        let source = name?.lowercased() == "localhost" ? "LOCAL" : "REMOTE"
        let values: [(String, String?)] = [
            ("NAME", name), ("ADDR", address.map { $0.contains(":") ? "IPV6:\($0)" : $0 }), ("PORT", port),
            ("PROTO", proto), ("HELO", hello), ("IDENT", ident), ("SOURCE", source),
        ]
        var commands: [String] = []
        var line = ""
        for (attribute, value) in values where attributes.contains(attribute) {
            let part = " \(attribute)=\(value.map(ForwardedClient.encoded) ?? "[UNAVAILABLE]")"
            if !line.isEmpty, "XFORWARD".utf8.count + line.utf8.count + part.utf8.count > ForwardedClient.lineLimit {
                commands.append("XFORWARD\(line)")
                line = ""
            }
            line += part
        }
        if !line.isEmpty { commands.append("XFORWARD\(line)") }
        return commands
    }

    /// xtext (RFC 3461 section 4), at most 255 bytes of the text.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8.prefix(255) {
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "+"), byte != UInt8(ascii: "=") {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += "+" + (hex.utf8.count == 1 ? "0" : "") + hex
            }
        }
        return encoded
    }
}
