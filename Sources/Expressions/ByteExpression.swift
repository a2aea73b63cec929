// SPDX-License-Identifier: Apache-2.0

/// A regular expression over bytes: the part of PCRE, or of POSIX's extended expressions, that can be searched for in linear time.
///
/// Characters, `.`, classes, groups, `|`, repetitions, `^ $ \A \z \Z \b \B`, `(?i)` and its kin. No back references and no look-around:
/// they need backtracking, which one peer could hold an event loop with for seconds.
package struct ByteExpression: Sendable {
    /// Instructions of an expression after its repetitions are written out; each byte of a text may cost a step for every one.
    package static let maximumInstructions = 1_000
    /// Groups whose places can be told.
    package static let maximumCaptures = 20

    /// A place between two bytes that is asked for.
    enum Assertion: Sendable {
        case start, end, endOrLastNewline, lineStart, lineEnd, wordEdge, noWordEdge, wordStart, wordEnd
    }

    enum Instruction: Sendable {
        case take(ByteSet)
        /// The first way is preferred.
        case fork(Int, Int)
        case require(Assertion)
        /// The place is a group's start (even) or end (odd).
        case save(Int)
        case found
    }

    let instructions: [Instruction]
    /// Whether it can only begin where the text does.
    let isAnchored: Bool
    /// Whether of several matches at one place the longest counts, not the first.
    let prefersLongest: Bool
    /// Groups in parentheses that count, named ones too.
    package let groupCount: Int

    /// - Parameter captures: the groups, from the first, whose places are kept; at most `maximumCaptures`.
    package init(
        _ text: [UInt8],
        dialect: ExpressionDialect,
        options: ExpressionOptions = [],
        captures: Int = 0
    ) throws(ExpressionMistake) {
        var parser = ByteExpressionParser(text, dialect: dialect, options: options)
        let node = try parser.expression()
        var writer = ByteExpressionWriter(captures: min(captures, ByteExpression.maximumCaptures))
        guard writer.write(node), writer.write(.found) else {
            throw ExpressionMistake(
                "the expression is too long: with its repetitions written out it may have \(ByteExpression.maximumInstructions) parts"
            )
        }
        instructions = writer.instructions
        isAnchored = node.beginsAtStart
        prefersLongest = dialect == .posix
        groupCount = parser.groups
    }

    /// An expression of PCRE without options.
    ///
    /// - Returns: nil for what is no expression, or one that is not understood, or too long.
    package init?(_ text: [UInt8]) {
        guard let expression = try? ByteExpression(text, dialect: .perl) else { return nil }
        self = expression
    }

    /// Its instructions, which its memory and the steps for a byte are bounded by.
    package var size: Int { instructions.count }

    /// Whether it is somewhere in `bytes`.
    package func isFound(in bytes: [UInt8]) -> Bool {
        var search = Search(self)
        return search.isFound(adding: bytes[...])
    }
}

extension ByteExpression.Assertion {
    /// What stands to the right of a place.
    enum Follows {
        case byte(UInt8)
        case lastNewline
        case nothing
    }

    /// Whether it holds between what was before and what follows.
    func holds(after previous: UInt8?, before follows: Follows) -> Bool {
        var following: UInt8?
        if case .byte(let byte) = follows { following = byte }
        let isAfterWord = previous.map(ByteSet.word.contains) ?? false
        let isBeforeWord = following.map(ByteSet.word.contains) ?? false
        switch (self, follows) {
        case (.start, _): return previous == nil
        case (.lineStart, .nothing): return previous == nil
        case (.lineStart, _): return previous == nil || previous == 0x0A
        case (.end, .nothing), (.endOrLastNewline, .nothing), (.endOrLastNewline, .lastNewline): return true
        case (.lineEnd, .nothing), (.lineEnd, .lastNewline): return true
        case (.lineEnd, .byte(let byte)): return byte == 0x0A
        case (.end, _), (.endOrLastNewline, _): return false
        case (.wordEdge, _): return isAfterWord != isBeforeWord
        case (.noWordEdge, _): return isAfterWord == isBeforeWord
        case (.wordStart, _): return !isAfterWord && isBeforeWord
        case (.wordEnd, _): return isAfterWord && !isBeforeWord
        }
    }
}
