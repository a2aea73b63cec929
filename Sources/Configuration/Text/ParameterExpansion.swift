// SPDX-License-Identifier: Apache-2.0

/// Owns `$name` in the values of `pool` and `queue`: the value of another parameter of the same section, wherever it
/// stands there, as in Postfix (postconf(5)).
///
/// `$name` and `$(name)` are understood, `$$` is a dollar; `${NAME}` is an environment variable and was replaced before.
struct ParameterExpansion {
    /// The values of the section's parameters, and of those that are always there such as `myhostname`.
    private let values: [String: String]
    /// Names that may be used though they have no value.
    private let isKnown: (String) -> Bool

    init(_ statements: [Statement], standard: [String: String], isKnown: @escaping (String) -> Bool) {
        var values = standard
        for statement in statements {
            guard let name = statement.words.first, !statement.isSecret else { continue }
            values[name.text] = statement.words.dropFirst().map(\.text).joined(separator: " ")
        }
        self.values = values
        self.isKnown = isKnown
    }

    /// The statement with every `$name` in its arguments replaced. Words that a value brings along become words.
    func expand(_ statement: Statement) throws(Finding) -> Statement {
        var expanded = statement
        for index in statement.words.indices.dropFirst() where statement.words[index].text.contains("$") {
            let word = statement.words[index]
            var budget = ConfigurationLimits.wordBytes
            let text = try expand(word.text, at: word, depth: 0, budget: &budget)
            expanded.words[index] = Word(
                text,
                line: word.line,
                offset: word.offset,
                isLiteral: false,
                isSecret: word.isSecret
            )
        }
        return expanded
    }

    private func expand(_ text: String, at word: Word, depth: Int, budget: inout Int) throws(Finding) -> String {
        guard depth <= ConfigurationLimits.expansionDepth else {
            throw Finding(at: word, "the value refers to itself, or through too many other parameters")
        }
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            let isParenthesised = rest.first == "("
            if isParenthesised { rest = rest.dropFirst() }
            let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            rest = rest.dropFirst(name.count)
            if isParenthesised {
                guard rest.first == ")" else { throw Finding(at: word, "'$(' has no ')' after a parameter's name") }
                rest = rest.dropFirst()
            }
            guard !name.isEmpty else { throw Finding(at: word, "a parameter's name must follow '$'; '$$' is a dollar") }
            if let value = values[name] {
                let inner = try expand(value, at: word, depth: depth + 1, budget: &budget)
                // A reference costs something even where it is empty, so that nesting cannot make work without end.
                budget -= inner.utf8.count + 16
                guard budget >= 0 else { throw Finding(at: word, "the value becomes too long by its '$' references") }
                result += inner
            } else if !isKnown(name) {
                guard !word.isSecret else {
                    throw Finding(at: word, "a '$' in the value names no parameter of this section")
                }
                let hint = NearestWord.hint(for: name, among: values.keys.sorted())
                throw Finding(at: word, "'$\(name)' names no parameter of this section\(hint)")
            }
        }
        return result + rest
    }
}
