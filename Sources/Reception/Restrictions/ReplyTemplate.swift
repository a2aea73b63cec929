// SPDX-License-Identifier: Apache-2.0

/// A reply text with `$name`, `${name}`, `${name?text}` and `${name:text}` in it (Postfix: default_rbl_reply,
/// smtpd_reject_footer; mac_expand(3)).
package struct ReplyTemplate: Sendable, Equatable, CustomStringConvertible {
    private indirect enum Part: Sendable, Equatable {
        case text(String)
        case value(String)
        /// The parts count when the attribute has a value.
        case present(String, [Part])
        /// The parts count when it has none.
        case absent(String, [Part])
    }

    /// Why a text is no template, in words for a diagnostic.
    package struct ParseError: Error, Equatable {
        /// What is wrong and where, on one line.
        package let message: String
    }

    /// The attributes that may be named.
    package static let attributes: Set<String> = [
        "client", "client_address", "client_name", "client_port", "helo_name", "rbl_class", "rbl_code", "rbl_domain",
        "rbl_reason", "rbl_txt", "rbl_what", "recipient", "reverse_client_name", "sender", "server_name",
    ]

    /// default_rbl_reply's default.
    package static let listed = ReplyTemplate(
        description: "$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain"
            + "${rbl_reason?; $rbl_reason}",
        parts: [
            .value("rbl_code"), .text(" Service unavailable; "), .value("rbl_class"), .text(" ["), .value("rbl_what"),
            .text("] blocked using "), .value("rbl_domain"),
            .present("rbl_reason", [.text("; "), .value("rbl_reason")]),
        ]
    )

    /// The template as it was written.
    package let description: String
    private let parts: [Part]

    private init(description: String, parts: [Part]) {
        self.description = description
        self.parts = parts
    }

    /// Reads a template; conditions may hold others, up to four deep.
    package init(_ text: String) throws(ParseError) {
        var rest = text.utf8[...]
        description = text
        parts = try ReplyTemplate.parts(&rest, depth: 0)
    }

    /// The text with the attributes' values in it.
    package func expanded(_ value: (String) -> String?) -> String {
        ReplyTemplate.expand(parts, value)
    }

    private static func expand(_ parts: [Part], _ value: (String) -> String?) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .value(let name): text += value(name) ?? ""
            case .present(let name, let inner):
                if let known = value(name), !known.isEmpty { text += expand(inner, value) }
            case .absent(let name, let inner):
                if value(name)?.isEmpty ?? true { text += expand(inner, value) }
            }
        }
        return text
    }

    private static func parts(_ rest: inout Substring.UTF8View, depth: Int) throws(ParseError) -> [Part] {
        guard depth <= 4 else { throw ParseError(message: "conditions are nested too deep") }
        var parts: [Part] = []
        var literal = ""
        while let byte = rest.first, depth == 0 || byte != UInt8(ascii: "}") {
            rest = rest.dropFirst()
            guard byte == UInt8(ascii: "$") else {
                literal.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            if rest.first == UInt8(ascii: "$") {
                rest = rest.dropFirst()
                literal += "$"
                continue
            }
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            parts.append(try reference(&rest, depth: depth))
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        return parts
    }

    /// What follows a dollar.
    private static func reference(_ rest: inout Substring.UTF8View, depth: Int) throws(ParseError) -> Part {
        let isBraced = rest.first == UInt8(ascii: "{")
        if isBraced { rest = rest.dropFirst() }
        let name = String(Substring(rest.prefix { $0 == UInt8(ascii: "_") || (0x61...0x7A).contains($0 | 0x20) }))
        rest = rest.dropFirst(name.utf8.count)
        guard attributes.contains(name) else {
            throw ParseError(message: "'$\(name)' is none of \(attributes.sorted().joined(separator: ", "))")
        }
        guard isBraced else { return .value(name) }
        let sign = rest.popFirst()
        switch sign {
        case UInt8(ascii: "}"): return .value(name)
        case UInt8(ascii: "?"), UInt8(ascii: ":"):
            let inner = try parts(&rest, depth: depth + 1)
            guard rest.popFirst() == UInt8(ascii: "}") else { throw ParseError(message: "'${\(name)' has no '}'") }
            return sign == UInt8(ascii: "?") ? .present(name, inner) : .absent(name, inner)
        default: throw ParseError(message: "'${\(name)' has no '}', '?' or ':' behind the name")
        }
    }
}
