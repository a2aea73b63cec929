// SPDX-License-Identifier: Apache-2.0

/// What a pattern's line says, with `$1`, `${1}` and `$(1)` for what the groups of the pattern matched, and `$$` for a dollar
/// (Postfix: pcre_table(5), mac_parse(3)).
struct PatternResult: Sendable {
    private enum Part {
        case text(String)
        case group(Int)
    }

    private var parts: [Part] = []
    /// The last group that is named; 0: none.
    private(set) var captures = 0

    init(_ text: String) throws(AccessEntries.Wrong) {
        var rest = text[...]
        var literal = ""
        while let character = rest.popFirst() {
            guard character == "$" else {
                literal.append(character)
                continue
            }
            guard rest.first != "$" else {
                literal.append(rest.removeFirst())
                continue
            }
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            let group = try PatternResult.group(&rest)
            captures = max(captures, group)
            parts.append(.group(group))
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
    }

    /// The number behind a dollar.
    private static func group(_ rest: inout Substring) throws(AccessEntries.Wrong) -> Int {
        var name: Substring
        if let open = rest.first, open == "{" || open == "(" {
            rest.removeFirst()
            name = rest.prefix { $0 != (open == "{" ? "}" : ")") }
            rest = rest.dropFirst(name.count)
            guard rest.popFirst() != nil else {
                throw AccessEntries.Wrong("'$\(open)\(name.prefix(20))' has no '\(open == "{" ? "}" : ")")'")
            }
        } else {
            name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            rest = rest.dropFirst(name.count)
        }
        guard let number = Int(name), number > 0, name.allSatisfy(\.isNumber) else {
            throw AccessEntries.Wrong(
                "'$\(name.prefix(20))' names no group: write $1, ${1} in front of a letter or digit, and $$ for a dollar"
            )
        }
        return number
    }

    /// Whether the first word is the same for all keys.
    var beginsWithWord: Bool {
        guard case .text(let text) = parts.first else { return false }
        return parts.count == 1 || text.contains(" ") || text.contains("\t")
    }

    /// The text with what the groups matched, empty for one that took no part; at most `limit` bytes.
    func expanded(limit: Int, _ group: (Int) -> String) -> String {
        var text = ""
        for part in parts where text.utf8.count < limit {
            switch part {
            case .text(let literal): text += literal
            case .group(let number): text += group(number)
            }
        }
        return text.utf8.count <= limit ? text : String(decoding: text.utf8.prefix(limit), as: UTF8.self)
    }
}
