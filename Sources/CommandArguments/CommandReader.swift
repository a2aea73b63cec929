// SPDX-License-Identifier: Apache-2.0

/// A command whose properties are set, and the commands that lead to it.
struct CommandReading {
    var command: any ParsableCommand
    var path: [any ParsableCommand.Type]
}

/// A field with the name of its property.
struct NamedField {
    let field: any CommandField
    /// `send-proxy` for a property `sendProxy`.
    let name: String

    var facts: FieldFacts { field.facts }

    /// `-f`, `--file`
    var spellings: [String] {
        guard facts.kind != .argument else { return [] }
        return facts.names.elements.map { element in
            switch element {
            case .long: "--\(name)"
            case .short: "-\(name.prefix(1))"
            case .customLong(let name): "--\(name)"
            case .customShort(let name): "-\(name)"
            }
        }
    }

    /// `--file <file>`, `<address>`: how messages name it.
    var shown: String {
        let value = "<\(facts.help.valueName ?? name)>"
        guard let spelling = spellings.last(where: { $0.hasPrefix("--") }) ?? spellings.first else { return value }
        return facts.kind == .flag ? spelling : "\(spelling) \(value)"
    }

    /// The fields of a command in the order of their declaration, those of its groups in their place.
    static func all(of arguments: any ParsableArguments) -> [NamedField] {
        Mirror(reflecting: arguments).children.flatMap { child -> [NamedField] in
            if let group = child.value as? any CommandFieldGroup { return all(of: group.members) }
            guard let field = child.value as? any CommandField else { return [] }
            return [NamedField(field: field, name: hyphenated((child.label ?? "_").dropFirst()))]
        }
    }

    private static func hyphenated(_ name: Substring) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty { text += "-" }
            text += letter.lowercased()
        }
    }
}

/// Owns the way from words to a command: finds the subcommand by name and gives each word to its field.
struct CommandReader {
    let root: any ParsableCommand.Type

    func read(_ words: [String]) throws(CommandOutcome.Stop) -> CommandReading {
        var path = [root]
        var words = words[...]
        while let command = path.last, !command.configuration.subcommands.isEmpty {
            let help = CommandHelp(path: path)
            guard let word = words.popFirst() else { throw stop(help.page) }
            if word == "help" { throw stop(try page(for: words, below: path)) }
            if let answer = try answer(word, &words, help) { throw answer }
            guard let next = Self.subcommand(word, of: command) else {
                throw CommandOutcome.Stop(outcome: help.misuse(Self.unexpected(word)))
            }
            path.append(next)
        }
        let leaf = path.last ?? root
        let command = leaf.init()
        try fill(command, with: words, CommandHelp(path: path))
        return CommandReading(command: command, path: path)
    }

    private func page(
        for words: ArraySlice<String>,
        below path: [any ParsableCommand.Type]
    ) throws(CommandOutcome.Stop) -> String {
        var path = path
        for word in words {
            guard let last = path.last, let next = Self.subcommand(word, of: last) else {
                throw CommandOutcome.Stop(outcome: CommandHelp(path: path).misuse(Self.unexpected(word)))
            }
            path.append(next)
        }
        return CommandHelp(path: path).page
    }

    /// What every command answers to.
    private func answer(
        _ word: String,
        _ words: inout ArraySlice<String>,
        _ help: CommandHelp
    ) throws(CommandOutcome.Stop) -> CommandOutcome.Stop? {
        switch word {
        case "-h", "--help": return stop(help.page)
        case "--version" where !root.configuration.version.isEmpty: return stop(root.configuration.version + "\n")
        case "--generate-completion-script":
            let shell = words.popFirst() ?? ""
            guard shell == "bash" else {
                let text = "There is a completion script for bash only, not for '\(shell)'"
                throw CommandOutcome.Stop(outcome: help.misuse(text))
            }
            return stop(CompletionScript.bash(for: root))
        default: return nil
        }
    }

    private func stop(_ text: String) -> CommandOutcome.Stop {
        CommandOutcome.Stop(outcome: CommandOutcome(code: ExitCode.success.rawValue, text: text))
    }

    private static func subcommand(_ name: String, of command: any ParsableCommand.Type) -> (any ParsableCommand.Type)?
    {
        command.configuration.subcommands.first { $0.configuration.commandName == name }
    }

    private static func unexpected(_ word: String) -> String {
        word.count > 1 && word.hasPrefix("-") ? "Unknown option '\(word)'" : "Unexpected argument '\(word)'"
    }

    // MARK: the words of one command

    private func fill(
        _ command: any ParsableCommand,
        with words: ArraySlice<String>,
        _ help: CommandHelp
    ) throws(CommandOutcome.Stop) {
        let fields = NamedField.all(of: command)
        var arguments = fields.filter { $0.facts.kind == .argument }[...]
        var words = words
        var readsOptions = true
        while let word = words.popFirst() {
            if readsOptions, word == "--" {
                readsOptions = false
            } else if readsOptions, word.count > 1, word.hasPrefix("-") {
                if let answer = try answer(word, &words, help) { throw answer }
                if let list = arguments.first(where: \.facts.takesUnknown), !isKnown(word, fields) {
                    try give(word, to: list, help)
                } else {
                    try takeOption(word, &words, fields, help)
                }
            } else if let argument = arguments.first {
                if !argument.facts.isList { arguments = arguments.dropFirst() }
                try give(word, to: argument, help)
            } else {
                throw CommandOutcome.Stop(outcome: help.misuse("Unexpected argument '\(word)'"))
            }
        }
        if let missing = arguments.first(where: \.facts.isRequired) {
            throw CommandOutcome.Stop(outcome: help.misuse("Missing expected argument '\(missing.shown)'", missing))
        }
        do {
            for group in Mirror(reflecting: command).children.compactMap({ $0.value as? any CommandFieldGroup }) {
                try group.members.validate()
            }
            try command.validate()
        } catch {
            throw CommandOutcome.Stop(outcome: help.misuse("\(error)"))
        }
    }

    private func isKnown(_ word: String, _ fields: [NamedField]) -> Bool {
        let name = word.hasPrefix("--") ? String(word.prefix { $0 != "=" }) : String(word.prefix(2))
        return fields.contains { $0.spellings.contains(name) }
    }

    /// `--name`, `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`
    private func takeOption(
        _ word: String,
        _ words: inout ArraySlice<String>,
        _ fields: [NamedField],
        _ help: CommandHelp
    ) throws(CommandOutcome.Stop) {
        var name = word
        var value: String?
        if word.hasPrefix("--") {
            if let sign = word.firstIndex(of: "=") {
                name = String(word[..<sign])
                value = String(word[word.index(after: sign)...])
            }
        } else if word.count > 2 {
            name = String(word.prefix(2))
            value = String(word.dropFirst(word.dropFirst(2).first == "=" ? 3 : 2))
        }
        guard let field = fields.first(where: { $0.spellings.contains(name) }) else {
            throw CommandOutcome.Stop(outcome: help.misuse("Unknown option '\(name)'"))
        }
        if field.facts.kind == .flag {
            if let value {
                let text = "The option '\(name)' does not take any value, but '\(value)' was specified."
                throw CommandOutcome.Stop(outcome: help.misuse(text))
            }
            return try give("", to: field, help)
        }
        guard let value = value ?? words.popFirst() else {
            throw CommandOutcome.Stop(outcome: help.misuse("Missing value for '\(field.shown)'", field))
        }
        try give(value, to: field, help)
    }

    private func give(_ text: String, to field: NamedField, _ help: CommandHelp) throws(CommandOutcome.Stop) {
        guard field.field.take(text) else {
            throw CommandOutcome.Stop(
                outcome: help.misuse("The value '\(text)' is invalid for '\(field.shown)'", field)
            )
        }
    }
}
