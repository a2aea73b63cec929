// SPDX-License-Identifier: Apache-2.0

/// The client on whose behalf a message is passed on, as XFORWARD tells it (Postfix: XFORWARD_README).
package struct ForwardedClient: Sendable, Equatable {
    /// The host name, nil when it is not known.
    package var name: String?
    /// The IP address, nil when it is not known.
    package var address: String?
    /// The port as decimal digits, nil when it is not known.
    package var port: String?
    /// What it said in HELO or EHLO.
    package var hello: String?
    /// `SMTP` or `ESMTP`.
    package var proto: String?
    /// The queue id at the sender's side.
    package var ident: String?

    /// Bytes of one command at most (RFC 5321 section 4.5.3.1.4).
    private static let lineLimit = 510

    /// The attributes that are read, in Postfix's order.
    static let attributes = "NAME ADDR PROTO HELO SOURCE PORT IDENT"

    package init() {}

    /// A client as log lines show it: `name[address]`.
    package init(logName: String, ident: String) {
        self.ident = ident
        guard let bracket = logName.lastIndex(of: "["), logName.hasSuffix("]") else { return }
        let name = logName[..<bracket]
        let address = logName[logName.index(after: bracket)...].dropLast()
        if name != "unknown", !name.isEmpty { self.name = String(name) }
        if address != "unknown", !address.isEmpty { self.address = String(address) }
    }

    /// The client as log lines show it.
    package var logName: String { "\(name ?? "unknown")[\(address ?? "unknown")]" }

    /// Reads one `ATTRIBUTE=value`; false when it is none.
    mutating func read(_ word: Substring) -> Bool {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let value = ForwardedClient.decoded(parts[1]) else { return false }
        let known = ["[UNAVAILABLE]", "[TEMPUNAVAIL]"].contains(value.uppercased()) ? nil : value
        switch parts[0].uppercased() {
        case "NAME": name = known
        case "ADDR":
            let isTagged = known?.uppercased().hasPrefix("IPV6:") == true
            address = isTagged ? known.map { String($0.dropFirst(5)) } : known
        case "PORT": port = known
        case "HELO": hello = known
        case "PROTO": proto = known
        case "IDENT": ident = known
        case "SOURCE": break
        default: return false
        }
        return true
    }

    /// xtext made readable; nil for what is none, is too long or could not stand in a log line.
    private static func decoded(_ text: Substring) -> String? {
        guard text.utf8.count <= 1_024 else { return nil }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "+") else {
                bytes.append(byte)
                continue
            }
            let pair = rest.prefix(2)
            guard pair.count == 2, let code = UInt8(String(Substring(pair)), radix: 16) else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        guard bytes.count <= 255, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

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

    /// xtext (RFC 3461 section 4), as much of it as a line has room for.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8.prefix(255) where encoded.utf8.count < 480 {
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
