// SPDX-License-Identifier: Apache-2.0

/// How an expression is written.
package enum ExpressionDialect: Sendable, Hashable {
    /// As PCRE has it (pcre2pattern(3)), in bytes.
    case perl
    /// POSIX's extended expressions as glibc has them (regex(7)): a backslash in brackets is itself, and of several matches the
    /// longest counts.
    case posix
}

/// How an expression is meant beyond what is written in it.
package struct ExpressionOptions: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Letters of ASCII are found in either case.
    package static let ignoresCase = ExpressionOptions(rawValue: 1)
    /// `.` is a newline, too (Perl's s). In POSIX's dialect it is unless `isMultiline`.
    package static let dotTakesNewline = ExpressionOptions(rawValue: 2)
    /// `^` and `$` hold at each line.
    package static let isMultiline = ExpressionOptions(rawValue: 4)
    /// White space outside of brackets is not there (Perl's x).
    package static let isExtended = ExpressionOptions(rawValue: 8)
    /// It is found at the start or not at all (PCRE2_ANCHORED).
    package static let isAnchored = ExpressionOptions(rawValue: 16)
    /// `$` does not hold in front of a last newline (PCRE2_DOLLAR_ENDONLY).
    package static let dollarIsEnd = ExpressionOptions(rawValue: 32)
    /// Repetitions take as little as they can, and as much with a `?` behind them (PCRE2_UNGREEDY).
    package static let isLazy = ExpressionOptions(rawValue: 64)
}

/// Why a text is no expression, or none that is searched for.
package struct ExpressionMistake: Error, Equatable {
    /// What is wrong, on one line.
    package let message: String

    init(_ message: String) {
        self.message = message
    }
}
