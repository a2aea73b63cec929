// SPDX-License-Identifier: Apache-2.0

import Expressions

/// One line of a table of patterns (Postfix: pcre_table(5), regexp_table(5)).
enum PatternLine {
    typealias Wrong = AccessEntries.Wrong

    /// `/pattern/flags`, perhaps with a `!` in front.
    struct Pattern {
        let text: [UInt8]
        let options: ExpressionOptions
        let isNegated: Bool
    }

    /// A pattern and what is said of keys that it matches.
    case rule(Pattern, result: String)
    /// What follows, up to its `endif`, is for keys that the pattern matches.
    case begin(Pattern)
    case end

    /// Whether the line begins a block, be it right or wrong.
    static func isIf(_ text: String) -> Bool { rest(of: text, behind: "if") != nil }

    init(_ text: String, dialect: ExpressionDialect) throws(Wrong) {
        if let rest = PatternLine.rest(of: text, behind: "endif") {
            guard rest.isEmpty else { throw Wrong("unexpected '\(rest.prefix(64))' after 'endif'") }
            self = .end
        } else if let condition = PatternLine.rest(of: text, behind: "if") {
            let (pattern, rest) = try PatternLine.pattern(condition, dialect)
            guard rest.isEmpty else {
                throw Wrong(
                    "unexpected '\(rest.prefix(64))' after the pattern of 'if'; the lines inside begin without white space"
                )
            }
            self = .begin(pattern)
        } else {
            let (pattern, result) = try PatternLine.pattern(text, dialect)
            guard !result.isEmpty else { throw AccessEntries.missingResult(of: text) }
            self = .rule(pattern, result: result)
        }
    }

    /// What follows a word at the beginning, which no letter or digit may.
    private static func rest(of text: String, behind word: String) -> String? {
        guard text.lowercased().hasPrefix(word) else { return nil }
        let rest = text.utf8.dropFirst(word.utf8.count)
        guard rest.first.map(isAlphanumeric) != true else { return nil }
        return AccessEntries.trimmed(String(Substring(rest)))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    /// The pattern at the beginning of a text, and what stands behind it.
    private static func pattern(
        _ text: String,
        _ dialect: ExpressionDialect
    ) throws(Wrong) -> (pattern: Pattern, rest: String) {
        var rest = Array(text.utf8)[...]
        var isNegated = false
        while let byte = rest.first, byte == UInt8(ascii: "!") || byte == 0x20 || byte == 0x09 {
            if byte == UInt8(ascii: "!") { isNegated.toggle() }
            rest.removeFirst()
        }
        guard let delimiter = rest.popFirst(), !isAlphanumeric(delimiter), delimiter != UInt8(ascii: "\\") else {
            throw Wrong("'\(text.prefix(64))' is no pattern: write it like /^mail\\.example\\.org$/ REJECT")
        }
        var pattern: [UInt8] = []
        while let byte = rest.first, byte != delimiter {
            pattern.append(rest.removeFirst())
            if byte == UInt8(ascii: "\\"), let next = rest.popFirst() { pattern.append(next) }
        }
        guard rest.popFirst() != nil else {
            let shown = String(decoding: [delimiter], as: UTF8.self)
            throw Wrong("the pattern has no '\(shown)' at its end")
        }
        let flags = rest.prefix { $0 != 0x20 && $0 != 0x09 }
        let behind = String(decoding: rest[flags.endIndex...], as: UTF8.self)
        let options = try options(String(decoding: flags, as: UTF8.self), dialect)
        return (Pattern(text: pattern, options: options, isNegated: isNegated), AccessEntries.trimmed(behind))
    }

    /// Each flag turns over what holds without it.
    private static func options(_ flags: String, _ dialect: ExpressionDialect) throws(Wrong) -> ExpressionOptions {
        var options: ExpressionOptions = dialect == .perl ? [.ignoresCase, .dotTakesNewline] : .ignoresCase
        for flag in flags {
            let option: ExpressionOptions
            switch (flag, dialect) {
            case ("i", _): option = .ignoresCase
            case ("m", _): option = .isMultiline
            case ("s", .perl): option = .dotTakesNewline
            case ("x", .perl): option = .isExtended
            case ("A", .perl): option = .isAnchored
            case ("E", .perl): option = .dollarIsEnd
            case ("U", .perl): option = .isLazy
            case ("x", .posix): throw Wrong("flag 'x' (basic expressions) is not supported by this version")
            case ("X", .perl):
                throw Wrong("flag 'X' is not supported: a backslash that means nothing is a mistake anyway")
            case ("!", .posix):
                throw Wrong("a second pattern behind '!' is not supported by this version: write if !/.../ and endif")
            default: throw Wrong("'\(flag)' is no flag of a \(dialect == .perl ? "pcre" : "regexp") table")
            }
            options.formSymmetricDifference(option)
        }
        return options
    }
}
