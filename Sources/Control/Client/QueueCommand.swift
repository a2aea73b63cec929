// SPDX-License-Identifier: Apache-2.0

import Spooling

/// `relaybox queue ...`: lists, shows and changes queued messages over the stats socket.
package enum QueueCommand {
    /// Ids in one command: a line of the stats socket is bounded.
    private static let idsPerCommand = 200

    private static let verbs = ["list", "summary", "show", "flush", "hold", "release", "delete", "requeue"]
    private static let switches = ["dry-run", "json", "body"]
    private static let options = [
        "sender", "recipient", "destination", "older", "younger", "state", "after", "limit", "by",
    ]

    /// What an id looks like, in words for people.
    static let idShape = "10 to 15 of the characters 0-9 and A-F, as the log and 'relaybox queue list' have them"

    /// What `relaybox queue --help` prints.
    package static let usage = """
        relaybox queue list     [FILTER]...              the messages, as mailq lists them
        relaybox queue summary  [--by destination|sender|state] [FILTER]...   counts by age, as qshape
        relaybox queue show     ID [--body]
        relaybox queue flush    [ID]...                  try everything, or these, now
        relaybox queue hold | release | delete | requeue   ID... | ALL | FILTER...   [--dry-run]

        FILTER: --sender ADDRESS, --recipient ADDRESS, --destination DOMAIN or next hop, --older AGE, --younger AGE
        (90s, 5m, 2h, 3d), --state active|deferred|hold|incoming, --limit N. Several narrow one another. --json: JSON lines.
        """

    /// - Parameters:
    ///   - socket: a path, or host:port.
    ///   - words: the words after `queue`, such as `list --json`, `show ID body`, `delete ID ID`, `hold ALL --sender a@b`.
    /// - Returns: the exit code.
    package static func run(socket: String, words: [String], console: ClientConsole) async -> Int32 {
        guard let verb = words.first, !words.contains(where: { $0.contains("\n") || $0.contains("\r") }) else {
            console.complain("say what to do with the queue: \(verbs.joined(separator: ", ")).")
            return ExitCode.usage
        }
        if words.contains("--help") || words.contains("-h") {
            console.output(usage + "\n")
            return ExitCode.fine
        }
        guard verbs.contains(verb) else {
            let known = verbs.joined(separator: ", ")
            console.complain("there is no 'queue \(PlainText.line(verb))': there are \(known).")
            return ExitCode.usage
        }
        var plain: [String]
        do { plain = [verb] + (try withoutDashes(words.dropFirst())) } catch {
            console.complain(error.text)
            return ExitCode.usage
        }
        if verb == "show" {
            guard let id = plain.dropFirst().first(where: { QueueID($0) != nil }) else {
                console.complain("'queue show' needs a queue id: \(idShape).")
                return ExitCode.usage
            }
            // Options may stand before it.
            plain = [verb, id] + plain.dropFirst().filter { $0 != id }
        }
        let client = StatsClient(socket: socket, console: console)
        var printer = Printer(verb: verb, isJSON: plain.contains("json"))
        return await client.run(commands(plain)) { line in
            for line in printer.lines(for: line) { client.output(line) }
        }
    }

    /// An option that there is not.
    package struct OptionError: Error, Equatable {
        /// What to print above the usage.
        package var text: String
    }

    /// `--sender a@b`, `--sender=a@b` and `--dry-run` as the words of the stats socket.
    package static func withoutDashes(_ words: some Sequence<String>) throws(OptionError) -> [String] {
        var plain: [String] = []
        var isValue = false
        for word in words {
            guard !isValue, word.hasPrefix("--"), word != "--" else {
                isValue = !isValue && options.contains(word)
                plain.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            switch (switches.contains(name), options.contains(name), parts.count) {
            case (true, _, 1): plain.append(name)
            case (_, true, 1):
                plain.append(name)
                isValue = true
            case (_, true, 2): plain += [name, String(parts[1])]
            default:
                let known = (options + switches).map { "--" + $0 }.joined(separator: ", ")
                throw OptionError(text: "there is no option '\(PlainText.line(word))': there are \(known).")
            }
        }
        return plain
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

        /// `verb` is the word behind `queue`: `list` and `show` are printed in ways of their own.
        package init(verb: String, isJSON: Bool) {
            self.verb = verb
            self.isJSON = isJSON
        }

        /// The lines to print for a line of the answer.
        package mutating func lines(for line: [UInt8]) -> [[UInt8]] {
            switch verb {
            case "list" where !isJSON:
                // A header, then messages: their first line begins with an id, the others with blanks or a reason.
                let isTotal = line.starts(with: "-- ".utf8)
                let isMessage = line.first.map { Character(UnicodeScalar($0)).isHexDigit } ?? false
                if isMessage { messages += 1 }
                return isTotal || (isMessage && messages > 1) ? [[], line] : [line]
            case "show":
                guard line.first == UInt8(ascii: "|") else { return [line] }
                let text = Array(line.dropFirst())
                defer { isInBody = true }
                return isInBody ? [text] : [[], text]
            default:
                return [line]
            }
        }
    }
}
