// SPDX-License-Identifier: Apache-2.0

/// Owns values that depend on stress: `${stress?{2}:{6}}s`, and the older `${stress?2}${stress:6}s` (Postfix: STRESS_README).
enum StressNotation {
    /// The word as it reads under stress, or without it.
    static func value(_ word: Word, stress: Bool) throws(Finding) -> Word {
        guard word.text.contains("${stress") else { return word }
        var result = ""
        var rest = word.text[...]
        while let start = rest.firstRange(of: "${stress") {
            result += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            let sign = rest.popFirst()
            guard sign == "?" || sign == ":" else { throw wrong(word) }
            let first = try part(&rest, word)
            var second: Substring?
            if sign == "?", rest.first == ":" {
                rest = rest.dropFirst()
                second = try part(&rest, word)
            }
            guard rest.popFirst() == "}" else { throw wrong(word) }
            result += sign == "?" ? (stress ? first : second ?? "") : (stress ? "" : first)
        }
        result += rest
        return Word(result, line: word.line, offset: word.offset, isLiteral: false)
    }

    /// `{text}`, or text without braces up to the end of the expression.
    private static func part(_ rest: inout Substring, _ word: Word) throws(Finding) -> Substring {
        let isBraced = rest.first == "{"
        if isBraced { rest = rest.dropFirst() }
        let text = rest.prefix { $0 != "}" && $0 != "{" }
        rest = rest.dropFirst(text.count)
        if isBraced {
            guard rest.popFirst() == "}" else { throw wrong(word) }
        }
        return text
    }

    private static func wrong(_ word: Word) -> Finding {
        Finding(at: word, "\(word.shown) is not understood: write ${stress?{2}:{6}}s")
    }
}
