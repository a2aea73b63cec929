// SPDX-License-Identifier: Apache-2.0

/// All commands of the stats socket, how a line finds its command, and what a line without one is told.
package enum CommandTable {
    /// The commands in the order `help` lists them.
    package static let commands: [Command] =
        (ServerCommands.all + SessionCommands.all + ShowCommands.all + StateCommands.all + QueueCommands.all
        + TraceCommands.all + TableCommands.all + ListCommands.all + DialogueCommands.levels)
        .sorted { $0.words.joined(separator: " ") < $1.words.joined(separator: " ") } + DialogueCommands.all

    /// Runs the command that `words` begin with, or says which ones there are. May block.
    package static func run(_ words: [String], level: AccessLevel, operations: ControlOperations) -> Answer {
        guard let command = find(words) else { return .failure(unknown(words, level: level)) }
        guard command.level <= level else { return .failure("Permission denied\n") }
        let arguments = Array(words.dropFirst(command.words.count))
        return command.run(Invocation(arguments, level: level, operations: operations))
    }

    /// The command with the most words that `words` begin with.
    package static func find(_ words: [String]) -> Command? {
        commands.filter { words.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
    }

    /// What `help` prints for the words after it.
    static func help(_ words: [String], level: AccessLevel) -> String {
        let list = words.isEmpty ? allowed(level) : resembling(words, level: level)
        return "The following commands are valid at this level:\n" + list.map(\.helpLine).joined()
    }

    private static func unknown(_ words: [String], level: AccessLevel) -> String {
        let list = resembling(words, level: level)
        guard !words.isEmpty, list.count > DialogueCommands.all.count else {
            return "Unknown command. Please enter one of the following commands only:\n"
                + allowed(level).map(\.helpLine).joined()
        }
        return "Unknown command, but maybe one of the following ones is a better match:\n"
            + list.map(\.helpLine).joined()
    }

    private static func allowed(_ level: AccessLevel) -> [Command] {
        commands.filter { $0.level <= level }
    }

    /// The commands that `words` begin or nearly spell, and the ones that are always of use.
    private static func resembling(_ words: [String], level: AccessLevel) -> [Command] {
        let own = allowed(level).filter { command in !DialogueCommands.all.contains { $0.words == command.words } }
        let typed = words.prefix(4).joined(separator: " ")
        var list = own.filter { $0.words.joined(separator: " ").hasPrefix(typed) }
        if list.isEmpty {
            let ranked = own.map { command -> (command: Command, distance: Int) in
                let part = words.prefix(command.words.count).joined(separator: " ")
                let length = command.words.joined(separator: " ")
                return (command, EditDistance.between(part, length, limit: 64))
            }
            list = ranked.filter { $0.distance <= max(1, $0.command.words.joined(separator: " ").count / 3) }
                .sorted { $0.distance < $1.distance }.prefix(5).map(\.command)
        }
        return list + DialogueCommands.all
    }
}
