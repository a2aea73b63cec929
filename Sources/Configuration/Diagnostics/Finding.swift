// SPDX-License-Identifier: Apache-2.0

/// Owns one thing that is wrong or doubtful, where it stands, before it is turned into a `Diagnostic`.
///
/// It is an error so that a keyword's `apply` can throw it.
struct Finding: Error, Sendable, Equatable {
    let level: Diagnostic.Level
    /// Index of the line, from 0; nil when it is about the whole file.
    let line: Int?
    let offset: Int
    let message: String

    init(_ level: Diagnostic.Level = .error, line: Int?, offset: Int, _ message: String) {
        self.level = level
        self.line = line
        self.offset = offset
        self.message = message
    }

    /// About the place where a word stands.
    init(_ level: Diagnostic.Level = .error, at word: Word?, _ message: String) {
        self.init(level, line: word?.line, offset: word?.offset ?? 0, message)
    }
}

/// Owns everything that was found so far, within a limit.
struct Findings {
    private(set) var all: [Finding] = []
    /// How many were found after the limit was reached.
    private(set) var omitted = 0
    /// Whether one of them is an error.
    private(set) var omittedError = false

    mutating func add(_ finding: Finding) {
        guard !isFull else {
            omit(finding.level)
            return
        }
        if !all.contains(finding) { all.append(finding) }
    }

    /// Whether nothing more is kept, so that working out a message would be in vain.
    var isFull: Bool { all.count >= ConfigurationLimits.diagnostics }

    /// Counts what is not kept.
    mutating func omit(_ level: Diagnostic.Level) {
        omitted += 1
        omittedError = omittedError || level == .error
    }

    mutating func error(at word: Word?, _ message: String) {
        add(Finding(.error, at: word, message))
    }

    mutating func warn(at word: Word?, _ message: String) {
        add(Finding(.warning, at: word, message))
    }
}
