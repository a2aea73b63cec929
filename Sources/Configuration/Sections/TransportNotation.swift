// SPDX-License-Identifier: Apache-2.0

import Delivery

/// Owns the value of `transport_maps`: tables in files and in the line itself (postconf(5), DATABASE_README).
enum TransportNotation {
    /// A file that a line names, and where.
    struct Table {
        let path: String
        let place: Word
    }

    /// Reads `texthash:/FILE`, `hash:/FILE` (the text file itself) and `inline:{pattern=result, {pattern = result}}`.
    static func tables(
        _ words: inout Arguments
    ) throws(Finding) -> (sources: [TransportSource], tables: [Table]) {
        guard let place = words.peek else {
            if !words.isAssignment { throw Finding(at: words.keyword, "'\(words.name)' needs texthash:/FILE") }
            return ([], [])
        }
        var sources: [TransportSource] = []
        var tables: [Table] = []
        for item in try items(words.rest(), place) {
            if let text = item.text.removingPrefix("inline:") {
                sources.append(.inline(try inline(text, item)))
                continue
            }
            let kinds = ["texthash:", "hash:", "lmdb:", "btree:", "cdb:"]
            guard let path = kinds.lazy.compactMap({ item.text.removingPrefix($0) }).first else {
                throw Finding(
                    at: item,
                    "\(item.shown) is not supported by this version: write texthash:/FILE, hash:/FILE or inline:{...}"
                )
            }
            guard path.hasPrefix("/"), path.utf8.count <= 1_024 else {
                throw Finding(at: item, "\(item.shown) needs an absolute path: texthash:/FILE")
            }
            sources.append(.file(path: path))
            tables.append(Table(path: path, place: item))
        }
        return (sources, tables)
    }

    /// The items between commas and white space, but for what is in braces.
    private static func items(_ words: [Word], _ place: Word) throws(Finding) -> [Word] {
        var items: [Word] = []
        var depth = 0
        var current = ""
        var start = place
        func end() {
            if !current.isEmpty { items.append(start.part(current, at: 0)) }
            current = ""
        }
        for word in words {
            if depth > 0 { current += " " } else { end() }
            for (distance, character) in word.text.enumerated() {
                if character == "{" { depth += 1 }
                if character == "}" { depth -= 1 }
                guard depth >= 0 else { throw Finding(at: word, "the brace '}' closes nothing") }
                if depth == 0, character == "," {
                    end()
                    continue
                }
                if current.isEmpty { start = word.part(String(word.text.dropFirst(distance)), at: distance) }
                current.append(character)
            }
        }
        guard depth == 0 else { throw Finding(at: start, "the brace '{' is not closed") }
        end()
        return items
    }

    /// The lines of a table written `{pattern=result, {pattern = result}}`.
    private static func inline(_ text: String, _ item: Word) throws(Finding) -> String {
        guard text.hasPrefix("{"), text.hasSuffix("}"), text.count >= 2 else {
            throw Finding(at: item, "\(item.shown) is not inline:{PATTERN=RESULT, ...}")
        }
        let inside = Word(String(text.dropFirst().dropLast()), line: item.line, offset: item.offset, isLiteral: false)
        var lines: [String] = []
        for entry in try items(inside.listedOutsideBraces, inside) {
            var text = entry.text
            if text.hasPrefix("{"), text.hasSuffix("}") { text = String(text.dropFirst().dropLast()) }
            guard let sign = text.firstIndex(of: "=") else {
                throw Finding(at: item, "\(text.shown) is not PATTERN=RESULT")
            }
            let pattern = text[..<sign].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let result = text[text.index(after: sign)...].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard !pattern.isEmpty, !pattern.contains(" "), !result.isEmpty else {
                throw Finding(at: item, "\(text.shown) is not PATTERN=RESULT")
            }
            lines.append("\(pattern) \(result)")
        }
        let table = lines.joined(separator: "\n")
        if let mistake = TransportTable(table.utf8).mistakes.first { throw Finding(at: item, mistake.message) }
        return table
    }
}

extension Word {
    /// The parts between white space.
    fileprivate var listedOutsideBraces: [Word] {
        text.split(whereSeparator: \.isWhitespace).map { part($0, at: 0) }
    }
}

extension String {
    /// What follows a prefix; nil when the text does not begin with it.
    fileprivate func removingPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
