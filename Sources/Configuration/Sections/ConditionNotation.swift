// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns conditions as text: `if a !b { src 192.0.2.0/24 } or c` (HAProxy configuration manual 7.2).
enum ConditionNotation {
    /// Reads `if` or `unless` and everything after it; nil where nothing is left.
    static func read(_ words: inout Arguments) throws(Finding) -> RuleDraft.Branching? {
        guard let word = words.peek else { return nil }
        guard word.text == "if" || word.text == "unless" else {
            let hint = NearestWord.hint(for: word.text, among: ["if", "unless"])
            throw Finding(
                at: word,
                "unexpected \(word.shown) after '\(words.name)': a condition begins with 'if' or 'unless'\(hint)"
            )
        }
        words.skip()
        let rest = words.rest()
        guard !rest.isEmpty else { throw Finding(at: word, "'\(word.text)' needs a condition after it") }
        return RuleDraft.Branching(alternatives: try alternatives(rest, after: word), isInverted: word.text == "unless")
    }

    private static func alternatives(_ words: [Word], after first: Word) throws(Finding) -> [[RuleDraft.Term]] {
        var rest = words[...]
        var alternatives: [[RuleDraft.Term]] = [[]]
        var isNegated = false
        var last = first
        while let word = rest.popFirst() {
            last = word
            if word.text == "or" || word.text == "||" {
                guard !alternatives[alternatives.count - 1].isEmpty, !isNegated else {
                    throw Finding(at: word, "\(word.shown) needs a condition before it")
                }
                alternatives.append([])
                continue
            }
            var name = word
            var text = word.text[...]
            while text.hasPrefix("!") {
                isNegated.toggle()
                text = text.dropFirst()
                name = word.part(text, at: word.text.utf8.count - text.utf8.count)
            }
            guard !text.isEmpty else { continue }
            let body: RuleDraft.Term.Body
            if text == "{" {
                body = .anonymous(try anonymous(&rest, after: word))
            } else {
                guard text.isProxyName else {
                    let known = text == "}" ? "a '}' without '{'" : "\(name.shown) is no name of an acl"
                    throw Finding(at: name, text == "&&" ? together(name) : known)
                }
                body = .named(name)
            }
            alternatives[alternatives.count - 1].append(RuleDraft.Term(body: body, isNegated: isNegated))
            isNegated = false
        }
        guard !alternatives[alternatives.count - 1].isEmpty, !isNegated else {
            throw Finding(at: last, "\(last.shown) needs a condition after it")
        }
        return alternatives
    }

    /// What is said to those who write `and`.
    static func together(_ word: Word) -> String {
        "conditions that stand together must all hold: leave \(word.shown) out"
    }

    /// What stands between `{` and `}`.
    private static func anonymous(_ rest: inout ArraySlice<Word>, after brace: Word) throws(Finding) -> RuleDraft.Test {
        guard let end = rest.firstIndex(where: { $0.text == "}" }) else {
            let glued = rest.first { $0.text.hasSuffix("}") }
            throw Finding(
                at: glued ?? brace,
                glued == nil ? "a '}' is missing, with a space before it" : "a space is missing before '}'"
            )
        }
        let inside = Array(rest[..<end])
        rest = rest[(end + 1)...]
        guard let fetch = inside.first else { throw Finding(at: brace, "there is nothing between '{' and '}'") }
        return try test(fetch, Array(inside.dropFirst()))
    }

    /// A fetch with its flags and values.
    static func test(_ fetch: Word, _ values: [Word]) throws(Finding) -> RuleDraft.Test {
        let asking = try FetchNotation.read(fetch)
        return RuleDraft.Test(asking: asking, matching: try PatternNotation.read(values, for: asking))
    }
}
