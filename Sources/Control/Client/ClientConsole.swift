// SPDX-License-Identifier: Apache-2.0

/// Where the commands for people print: given by the program, so that they never touch a terminal themselves.
package struct ClientConsole: Sendable {
    /// Writes bytes to standard output, as they are: a message's text need not be UTF-8.
    package var write: @Sendable ([UInt8]) -> Void
    /// Writes one line to standard error; the newline is the console's.
    package var complain: @Sendable (String) -> Void
    /// Whether standard output is a terminal: control characters are kept from it.
    package var isTerminal: Bool
    /// Whether colours are wanted: a terminal, and no NO_COLOR in the environment.
    package var hasColours: Bool

    /// The program gives its own descriptors, tests their own closures.
    package init(
        isTerminal: Bool,
        hasColours: Bool,
        write: @escaping @Sendable ([UInt8]) -> Void,
        complain: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.hasColours = hasColours
        self.write = write
        self.complain = complain
    }

    /// Writes text to standard output.
    func output(_ text: String) {
        write(Array(text.utf8))
    }
}

/// Exit codes of the commands for people.
package enum ExitCode {
    /// It was done.
    package static let fine: Int32 = 0
    /// The thing asked for is not so, or could not be asked.
    package static let failed: Int32 = 1
    /// The command line is wrong.
    package static let usage: Int32 = 2
}
