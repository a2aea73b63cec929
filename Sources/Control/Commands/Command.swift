// SPDX-License-Identifier: Apache-2.0

/// One command of the stats socket: the words that name it, who may give it, and what it does.
package struct Command: Sendable {
    /// The leading words, such as `show stat`.
    package var words: [String]
    /// The least level that may run it.
    package var level: AccessLevel
    /// The arguments as `help` shows them.
    package var arguments: String
    /// What `help` says about it.
    package var summary: String
    /// Runs it; may block, never on an event loop.
    package var run: @Sendable (Invocation) -> Answer

    /// `words` are the command's own, separated by blanks: `show stat`.
    package init(
        _ words: String,
        _ arguments: String,
        level: AccessLevel = .user,
        _ summary: String,
        run: @escaping @Sendable (Invocation) -> Answer
    ) {
        self.words = words.split(separator: " ").map(String.init)
        self.level = level
        self.arguments = arguments
        self.summary = summary
        self.run = run
    }

    /// `  show stat [...]                     : report counters`
    package var helpLine: String {
        let usage = (words + (arguments.isEmpty ? [] : [arguments])).joined(separator: " ")
        return "  " + PlainText.pad(usage, to: 40) + ": " + summary + "\n"
    }
}

/// One call of a command.
package struct Invocation: Sendable {
    /// The words after the command's own.
    package var arguments: [String]
    /// The level of the client.
    package var level: AccessLevel
    /// What the command may reach.
    package var operations: ControlOperations

    /// One call; `arguments` are already without the command's own words.
    package init(_ arguments: [String], level: AccessLevel, operations: ControlOperations) {
        self.arguments = arguments
        self.level = level
        self.operations = operations
    }

    /// The first argument; empty when there is none.
    var first: String { arguments.first ?? "" }
    /// The second argument; empty when there is none.
    var second: String { arguments.count > 1 ? arguments[1] : "" }
}
