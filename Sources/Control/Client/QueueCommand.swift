// SPDX-License-Identifier: Apache-2.0

/// `relaybox queue ...`: lists, shows and changes queued messages over the stats socket.
package enum QueueCommand {
    /// Ids in one command: a line of the stats socket is bounded.
    private static let idsPerCommand = 200

    /// - Parameters:
    ///   - socket: a path, or host:port.
    ///   - words: the words after `queue`, such as `list json`, `show ID body`, `delete ID ID`, `hold ALL sender a@b`.
    /// - Returns: the exit code.
    package static func run(socket: String, words: [String], console: ClientConsole) async -> Int32 {
        guard let verb = words.first, !words.contains(where: { $0.contains("\n") || $0.contains("\r") }) else {
            console.complain("say what to do with the queue: list, show, flush, hold, release, delete or requeue.")
            return ExitCode.usage
        }
        let client = StatsClient(socket: socket, console: console)
        var printer = Printer(verb: verb, isJSON: words.contains("json"))
        return await client.run(commands(words)) { line in
            for line in printer.lines(for: line) { console.output(client.safe(line) + "\n") }
        }
    }

    /// The commands that `words` make: more than one where there are many ids.
    package static func commands(_ words: [String]) -> [String] {
        let verb = words.prefix(1)
        let rest = Array(words.dropFirst())
        let ids = rest.prefix { $0.first.map { $0.isASCII && $0.isNumber } ?? false }
        guard ids.count > idsPerCommand else { return [line(verb + rest)] }
        let options = rest.dropFirst(ids.count)
        return stride(from: 0, to: ids.count, by: idsPerCommand).map { start in
            line(verb + ids[start..<min(start + idsPerCommand, ids.count)] + options)
        }
    }

    private static func line(_ words: ArraySlice<String>) -> String {
        (["queue"] + words.map(CommandWords.escape)).joined(separator: " ")
    }

    /// Puts back what the framing of the socket left out: empty lines between messages, and those of a message itself.
    package struct Printer: Sendable {
        private let verb: String
        private let isJSON: Bool
        private var messages = 0
        private var isInBody = false

        package init(verb: String, isJSON: Bool) {
            self.verb = verb
            self.isJSON = isJSON
        }

        /// The lines to print for a line of the answer.
        package mutating func lines(for line: String) -> [String] {
            switch verb {
            case "list" where !isJSON:
                // A header, then messages: their first line begins with an id, the others with blanks or a reason.
                let isTotal = line.hasPrefix("-- ")
                let isMessage = line.first.map { $0.isASCII && $0.isHexDigit } ?? false
                if isMessage { messages += 1 }
                return isTotal || (isMessage && messages > 1) ? ["", line] : [line]
            case "show":
                guard line.hasPrefix("|") else { return [line] }
                let text = String(line.dropFirst())
                defer { isInBody = true }
                return isInBody ? [text] : ["", text]
            default:
                return [line]
            }
        }
    }
}
