// SPDX-License-Identifier: Apache-2.0

import Expressions
import Files

/// Owns the rules of one table of patterns (Postfix: pcre_table(5), regexp_table(5)): they are tried on the whole key in their
/// order, and the first that matches counts.
package struct PatternTable: Sendable {
    /// What a table says of a key.
    package enum Answer: Sendable, Equatable {
        case nothing
        /// The text behind the first pattern that matches.
        case result(String)
        /// It takes too many steps to know.
        case tooLong
    }

    private struct Rule: Sendable {
        var expression: ByteExpression
        var isNegated: Bool
        /// nil for an `if`.
        var result: PatternResult?
        /// The rule to go on with when the key is not what is asked for.
        var otherwise: Int
    }

    private let dialect: ExpressionDialect
    private var rules: [Rule] = []
    private var open: [(line: Int, rule: Int)] = []
    private var instructions = 0

    /// Rules with results; blocks do not count.
    package private(set) var count = 0

    init(dialect: ExpressionDialect) {
        self.dialect = dialect
    }

    /// Takes the next line. A line that is wrong leaves the table unfit for use.
    ///
    /// - Parameter check: refuses a result that means nothing.
    mutating func add(
        _ text: String,
        line: Int,
        check: (PatternResult) throws(AccessEntries.Wrong) -> Void
    ) throws(AccessEntries.Wrong) {
        // why: an 'if' that is wrong still has its 'endif'.
        if PatternLine.isIf(text) {
            open.append((line, rules.count))
            guard open.count <= AccessLimits.patternDepth else {
                throw AccessEntries.Wrong("'if' is nested more than \(AccessLimits.patternDepth) deep")
            }
        }
        switch try PatternLine(text, dialect: dialect) {
        case .begin(let pattern):
            try add(pattern, nil)
        case .end:
            guard let begun = open.popLast() else { throw AccessEntries.Wrong("'endif' has no 'if'") }
            if begun.rule < rules.count { rules[begun.rule].otherwise = rules.count }
        case .rule(let pattern, let text):
            let result = try PatternResult(text)
            guard result.captures == 0 || !pattern.isNegated else {
                throw AccessEntries.Wrong("a pattern behind '!' matches nothing that $\(result.captures) could be")
            }
            try check(result)
            try add(pattern, result)
            count += 1
        }
    }

    /// The blocks that nothing ends.
    var unfinished: [TableMistake] { open.map { TableMistake(line: $0.line, message: "'if' has no 'endif'") } }

    private mutating func add(_ pattern: PatternLine.Pattern, _ result: PatternResult?) throws(AccessEntries.Wrong) {
        let captures = result?.captures ?? 0
        guard captures <= ByteExpression.maximumCaptures else {
            throw AccessEntries.Wrong("groups reach from $1 to $\(ByteExpression.maximumCaptures)")
        }
        let expression: ByteExpression
        do throws(ExpressionMistake) {
            expression = try ByteExpression(
                pattern.text,
                dialect: dialect,
                options: pattern.options,
                captures: captures
            )
        } catch {
            throw AccessEntries.Wrong("the pattern cannot be used: \(error.message)")
        }
        guard captures <= expression.groupCount else {
            throw AccessEntries.Wrong("the pattern has no group that $\(captures) could be")
        }
        instructions += expression.size
        guard instructions <= AccessLimits.patternInstructions else {
            throw AccessEntries.Wrong(
                "the patterns of the table are too large: with their repetitions written out they may have \(AccessLimits.patternInstructions) parts"
            )
        }
        let rule = Rule(
            expression: expression,
            isNegated: pattern.isNegated,
            result: result,
            otherwise: rules.count + 1
        )
        rules.append(rule)
    }

    /// What is said of a key.
    package func answer(to key: String) -> Answer {
        guard let first = rules.first else { return .nothing }
        let bytes = Array(key.utf8)
        var search = ByteExpression.Search(first.expression)
        var index = 0
        while index < rules.count {
            let rule = rules[index]
            search.begin(rule.expression)
            let isFound = search.isFound(adding: bytes[...])
            guard search.steps <= AccessLimits.patternSteps else { return .tooLong }
            guard isFound != rule.isNegated else {
                index = rule.otherwise
                continue
            }
            if let result = rule.result { return .result(text(result, of: rule.expression, in: bytes)) }
            index += 1
        }
        return .nothing
    }

    /// The result with what the groups matched, in printable ASCII.
    private func text(_ result: PatternResult, of expression: ByteExpression, in bytes: [UInt8]) -> String {
        let groups = result.captures > 0 ? expression.captures(in: bytes) ?? [] : []
        return result.expanded(limit: AccessLimits.entryBytes) { number in
            guard number <= groups.count, let range = groups[number - 1] else { return "" }
            return String(decoding: bytes[range].map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        }
    }
}
