// SPDX-License-Identifier: Apache-2.0

/// Owns one section of the file: its header and its statements.
struct Section {
    let kind: SectionKind
    /// The word that opens the section.
    let keyword: Word
    /// The words after it.
    let header: [Word]
    var statements: [Statement] = []
}

/// Owns one statement: a keyword and its arguments.
struct Statement {
    /// All words; in `pool` and `queue` without the equals sign.
    var words: [Word]
    /// Whether `no` stood in front.
    var isNegated = false
    /// Whether an equals sign stood between name and value, which makes an empty value a value.
    var isAssignment = false
    /// Whether the arguments are a secret.
    let isSecret: Bool
    /// Width of the white space in front of it.
    let indentation: Int

    init(words: [Word], dialect: Tokenizer.Dialect, isSecret: Bool, indentation: Int) {
        self.isSecret = isSecret
        self.indentation = indentation
        var words = words
        switch dialect {
        case .haproxy:
            if words.count > 1, words[0].text == "no" {
                isNegated = true
                words.removeFirst()
            }
        case .parameters:
            (words, isAssignment) = Statement.withoutEqualsSign(words)
        }
        if isSecret, let first = words.first {
            // `password=value` is one word where no equals sign is expected.
            words[0] = first.part(first.text.prefix { $0 != "=" && !$0.isWhitespace }, at: 0)
        }
        self.words = words
        append([])
    }

    /// Adds the words of a continuation line.
    mutating func append(_ more: [Word]) {
        words += more
        guard isSecret else { return }
        for index in words.indices.dropFirst() { words[index].isSecret = true }
    }

    /// `name=value`, `name =value`, `name= value`, `name = value` all become `name value`.
    private static func withoutEqualsSign(_ words: [Word]) -> ([Word], Bool) {
        guard let first = words.first else { return (words, false) }
        var rest = Array(words.dropFirst())
        if let sign = first.text.firstIndex(of: "="), sign != first.text.startIndex {
            let value = first.text[first.text.index(after: sign)...]
            let distance = first.text.utf8.distance(from: first.text.startIndex, to: value.startIndex)
            if !value.isEmpty { rest.insert(first.part(value, at: distance), at: 0) }
            return ([first.part(first.text[..<sign], at: 0)] + rest, true)
        }
        if let next = rest.first, next.text.hasPrefix("=") {
            rest.removeFirst()
            if next.text != "=" { rest.insert(next.part(next.text.dropFirst(), at: 1), at: 0) }
            return ([first] + rest, true)
        }
        return (words, false)
    }
}
