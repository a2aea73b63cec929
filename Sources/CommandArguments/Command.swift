// SPDX-License-Identifier: Apache-2.0

#if compiler(>=6.2)
/// Types of commands are passed on between threads.
package typealias SharedType = SendableMetatype
#else
/// Types of commands are passed on between threads; older compilers have no word for that.
package typealias SharedType = Any
#endif

/// Properties that the command line sets.
package protocol ParsableArguments: SharedType {
    init()

    /// Looks at the values together; throws `ValidationError` when they do not fit.
    func validate() throws
}

extension ParsableArguments {
    /// Nothing to look at: for commands whose values are all good.
    package func validate() throws {}
}

/// One command of the program.
package protocol ParsableCommand: ParsableArguments {
    static var configuration: CommandConfiguration { get }

    mutating func run() throws
}

extension ParsableCommand {
    /// A command that only has subcommands does nothing by itself.
    package mutating func run() throws {}
}

/// A command that waits for something.
package protocol AsyncParsableCommand: ParsableCommand {
    mutating func run() async throws
}

/// What a command says of itself.
package struct CommandConfiguration: Sendable {
    /// The word that calls it.
    package var commandName: String
    /// One sentence for `--help`.
    package var abstract: String
    /// In place of the usage line that is made of the command's fields.
    package var usage: String?
    /// More text below the abstract.
    package var discussion: String
    /// What `--version` prints; empty: there is no such flag.
    package var version: String
    /// Whether the list of subcommands has it.
    package var shouldDisplay: Bool
    /// The commands below this one, in the order of the list in `--help`.
    package var subcommands: [any ParsableCommand.Type]

    /// A command by its word; whatever is empty is left out of `--help`.
    package init(
        commandName: String,
        abstract: String = "",
        usage: String? = nil,
        discussion: String = "",
        version: String = "",
        shouldDisplay: Bool = true,
        subcommands: [any ParsableCommand.Type] = []
    ) {
        self.commandName = commandName
        self.abstract = abstract
        self.usage = usage
        self.discussion = discussion
        self.version = version
        self.shouldDisplay = shouldDisplay
        self.subcommands = subcommands
    }
}

/// Ends the program with a code and no text.
package struct ExitCode: Error, Sendable, Equatable {
    package var rawValue: Int32

    /// From 0 to 255.
    package init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Exit codes of the program: 0 fine, 1 the thing asked for is not so.
    package static let success = ExitCode(0)
    /// The thing asked for is not so, or could not be asked.
    package static let failure = ExitCode(1)
    /// The command line is wrong.
    package static let usage = ExitCode(2)
}

/// Values that are well-formed and still wrong.
package struct ValidationError: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// `message` is printed behind `Error: `, above the usage line.
    package init(_ message: String) { description = message }
}

/// What the program leaves with: its exit code and a last text, for standard output where the code is 0, else for
/// standard error.
package struct CommandOutcome: Sendable, Equatable {
    /// From 0 to 255.
    package var code: Int32
    /// Ends with a newline where it is not empty.
    package var text: String

    /// `code` 0 sends the text to standard output.
    package init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    static let done = CommandOutcome(code: 0, text: "")
}

extension ParsableCommand {
    /// Reads the words of a command line, without the program's name, and does what they say.
    package static func launch(_ words: [String]) async -> CommandOutcome {
        let reading: CommandReading
        do throws(CommandOutcome.Stop) {
            reading = try CommandReader(root: Self.self).read(words)
        } catch {
            return error.outcome
        }
        do {
            if var command = reading.command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                var command = reading.command
                try command.run()
            }
            return .done
        } catch let code as ExitCode {
            return CommandOutcome(code: code.rawValue, text: "")
        } catch let error as ValidationError {
            return CommandHelp(path: reading.path).misuse(error.description)
        } catch {
            return CommandOutcome(code: ExitCode.failure.rawValue, text: "Error: \(error)\n")
        }
    }
}

extension CommandOutcome {
    /// The reader is through without a command to run.
    struct Stop: Error {
        var outcome: CommandOutcome
    }
}
