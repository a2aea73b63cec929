// SPDX-License-Identifier: Apache-2.0

import Reception

/// Owns tables as text: `cidr:/FILE`, `hash:/FILE` and its kin, whose source text is read, `pcre:/FILE`, `regexp:/FILE`, and tables in
/// the list itself: `inline:{...}`, `pcre:{{...}}`.
enum TableNotation {
    /// Types of Postfix whose source text has the form `KEY VALUE`.
    private static let keyed: Set<String> = ["hash", "texthash", "lmdb", "btree", "cdb", "dbm", "sdbm"]

    /// What an inline table begins with.
    private static let openings = ["inline:{", "pcre:{", "regexp:{"]

    /// Whether a word is written like a table.
    static func isTable(_ word: Word) -> Bool { word.text.contains(":") }

    /// The table that a word names.
    ///
    /// - Parameter format: of tables with keys; those with networks are what `cidr:` says.
    static func table(_ word: Word, _ format: TableFormat) throws(Finding) -> AccessNotation.Table {
        guard let colon = word.text.firstIndex(of: ":") else {
            throw Finding(at: word, "\(word.shown) is no table: write it like hash:/etc/relaybox/access")
        }
        let type = String(word.text[..<colon])
        let rest = String(word.text[word.text.index(after: colon)...])
        switch type {
        case "inline":
            return try inline(TableName(inline: try entries(rest, word), format: format), word)
        case "cidr" where format == .keys:
            return AccessNotation.Table(name: try file(type, rest, .networks, word), place: word)
        case _ where keyed.contains(type):
            return AccessNotation.Table(name: try file(type, rest, format, word), place: word)
        default:
            if let format = TableFormat.patterns(type, inPlaceOf: format) {
                guard rest.hasPrefix("{") else {
                    return AccessNotation.Table(name: try file(type, rest, format, word), place: word)
                }
                return try inline(TableName(type: type, lines: try lines(rest, word), format: format), word)
            }
            let patterns = TableFormat.patterns("pcre", inPlaceOf: format) == nil ? [] : ["pcre", "regexp"]
            let kinds = (format == .keys ? ["cidr"] : []) + ["hash", "texthash", "lmdb"] + patterns + ["inline"]
            throw Finding(
                at: word,
                "\(word.shown) is not supported by this version: tables are \(kinds.map { $0 + ":" }.joined(separator: ", "))"
            )
        }
    }

    /// A table in the list itself is looked at where it stands.
    private static func inline(_ name: TableName, _ word: Word) throws(Finding) -> AccessNotation.Table {
        if let mistake = name.inlineTable?.mistakes.first {
            throw Finding(at: word, "entry \(mistake.line) of the inline table: \(mistake.message)")
        }
        return AccessNotation.Table(name: name, place: word)
    }

    private static func file(_ type: String, _ path: String, _ format: TableFormat, _ word: Word) throws(Finding)
        -> TableName
    {
        guard path.hasPrefix("/") else {
            throw Finding(at: word, "\(word.shown) needs an absolute path: \(type):/FILE")
        }
        return TableName(type: type, path: path, format: format)
    }

    /// `{KEY=VALUE, {KEY = VALUE WITH SPACES}}`
    private static func entries(_ text: String, _ word: Word) throws(Finding) -> [TableName.Entry] {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count >= 2 else {
            throw Finding(at: word, "an inline table is written inline:{KEY=ACTION, {KEY = ACTION TEXT}}")
        }
        return try pieces(text.dropFirst().dropLast()).map { piece throws(Finding) in
            let inner = piece.hasPrefix("{") && piece.hasSuffix("}") ? piece.dropFirst().dropLast() : piece[...]
            guard let sign = inner.firstIndex(of: "=") else {
                throw Finding(at: word, "\(String(inner).shown) in an inline table has no '='")
            }
            let key = inner[..<sign].trimmingSpaces
            guard !key.isEmpty else { throw Finding(at: word, "an entry of an inline table has no key") }
            return TableName.Entry(key: key, value: inner[inner.index(after: sign)...].trimmingSpaces)
        }
    }

    /// `{{LINE}, {LINE}}`
    private static func lines(_ text: String, _ word: Word) throws(Finding) -> [String] {
        let lines = try pieces(text.dropFirst().dropLast()).map { piece throws(Finding) in
            guard piece.hasPrefix("{"), piece.hasSuffix("}"), text.hasSuffix("}") else {
                throw Finding(
                    at: word,
                    "an inline table of patterns is written {{/PATTERN/ ACTION}, {/PATTERN/ ACTION}}"
                )
            }
            return piece.dropFirst().dropLast().trimmingSpaces
        }
        return lines.filter { !$0.isEmpty }
    }

    /// The parts between commas and white space outside of braces.
    private static func pieces(_ text: Substring) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var depth = 0
        for character in text {
            if depth == 0, character == "," || character.isWhitespace {
                if !piece.isEmpty { pieces.append(piece) }
                piece = ""
                continue
            }
            if character == "{" { depth += 1 }
            if character == "}" { depth -= 1 }
            piece.append(character)
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }

    /// The items of a list; an inline table is one, whatever is in it.
    static func items(_ words: inout Arguments, _ what: String) throws(Finding) -> [Word] {
        guard words.peek != nil || words.isAssignment else {
            throw Finding(at: words.keyword, "'\(words.name)' needs \(what)")
        }
        var items: [Word] = []
        var open: (word: Word, text: String, depth: Int)?
        for word in words.rest() {
            guard open != nil || openings.contains(where: word.text.contains) else {
                items += word.listed
                continue
            }
            if open != nil { open?.text += " " }
            var start = word.text.startIndex
            var index = start
            while index < word.text.endIndex {
                let character = word.text[index]
                let next = word.text.index(after: index)
                if var table = open {
                    table.text.append(character)
                    if character == "{" { table.depth += 1 }
                    if character == "}" { table.depth -= 1 }
                    open = table
                    if table.depth == 0 {
                        items.append(
                            Word(table.text, line: table.word.line, offset: table.word.offset, isLiteral: false)
                        )
                        open = nil
                        start = next
                    }
                } else if let opening = openings.first(where: word.text[start..<next].hasSuffix) {
                    let begin = word.text.index(next, offsetBy: -opening.count)
                    items += part(word, start..<begin).listed
                    open = (part(word, begin..<next), opening, 1)
                    start = next
                }
                index = next
            }
            if open == nil { items += part(word, start..<word.text.endIndex).listed }
        }
        if let open { throw Finding(at: open.word, "the inline table has no '}' at its end") }
        return items
    }

    private static func part(_ word: Word, _ range: Range<String.Index>) -> Word {
        word.part(
            word.text[range],
            at: word.text.utf8.distance(from: word.text.startIndex, to: range.lowerBound)
        )
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        let front = drop { $0.isWhitespace }
        let end = front.lastIndex { !$0.isWhitespace }.map { front.index(after: $0) } ?? front.startIndex
        return String(front[..<end])
    }
}
