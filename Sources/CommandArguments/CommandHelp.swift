// SPDX-License-Identifier: Apache-2.0

/// Owns what is printed about a command: its help, and the words about a wrong command line.
struct CommandHelp {
    /// The commands that lead to it, itself last.
    let path: [any ParsableCommand.Type]

    private static let width = 80
    private static let column = 26

    private var configuration: CommandConfiguration {
        path.last?.configuration ?? CommandConfiguration(commandName: "")
    }

    private var name: String { path.map { $0.configuration.commandName }.joined(separator: " ") }

    private var fields: [NamedField] {
        guard let type = path.last else { return [] }
        return NamedField.all(of: type.init()).filter { !$0.facts.help.isHidden }
    }

    /// What `--help` prints.
    var page: String {
        var text = CommandHelp.wrapped("OVERVIEW: \(configuration.abstract)", at: 0) + "\n\n"
        if !configuration.discussion.isEmpty { text += CommandHelp.wrapped(configuration.discussion, at: 0) + "\n\n" }
        text += "USAGE: \(usage)\n"
        text += section("ARGUMENTS", fields.filter { $0.facts.kind == .argument }.map { ($0.shown, Self.text(of: $0)) })
        var options = fields.filter { $0.facts.kind != .argument }.map { (Self.label($0), Self.text(of: $0)) }
        if path.first?.configuration.version.isEmpty == false { options.append(("--version", "Show the version.")) }
        options.append(("-h, --help", "Show help information."))
        text += section("OPTIONS", options)
        let subcommands = configuration.subcommands.map { $0.configuration }.filter(\.shouldDisplay)
        if !subcommands.isEmpty {
            text += section("SUBCOMMANDS", subcommands.map { ($0.commandName, $0.abstract) })
            text += "\n  See '\(name) help <subcommand>' for detailed help.\n"
        }
        return text
    }

    /// A command line that is wrong, and where to read how it should be.
    func misuse(_ message: String, _ field: NamedField? = nil) -> CommandOutcome {
        var text = "Error: \(message)\n"
        if let field { text += "Help:  \(field.shown)  \(field.facts.help.text)\n" }
        text += "Usage: \(usage)\n  See '\(name) --help' for more information.\n"
        return CommandOutcome(code: ExitCode.usage.rawValue, text: text)
    }

    private var usage: String {
        if let usage = configuration.usage { return usage }
        guard configuration.subcommands.isEmpty else { return "\(name) <subcommand>" }
        let options = fields.filter { $0.facts.kind != .argument }.map {
            "[\($0.shown)]\($0.facts.isList ? " ..." : "")"
        }
        let arguments = fields.filter { $0.facts.kind == .argument }.map { argument in
            let word = argument.shown + (argument.facts.isList ? " ..." : "")
            return argument.facts.isRequired ? word : "[\(word)]"
        }
        return ([name] + options + arguments).joined(separator: " ")
    }

    private static func label(_ field: NamedField) -> String {
        let value = field.facts.kind == .flag ? "" : " <\(field.facts.help.valueName ?? field.name)>"
        return field.spellings.joined(separator: ", ") + value
    }

    private static func text(of field: NamedField) -> String {
        let standard = field.facts.standard.isEmpty ? "" : " (default: \(field.facts.standard))"
        return field.facts.help.text + standard
    }

    private func section(_ title: String, _ entries: [(label: String, text: String)]) -> String {
        guard !entries.isEmpty else { return "" }
        return entries.reduce(into: "\n\(title):\n") { page, entry in
            let label = "  \(entry.label)"
            let text = CommandHelp.wrapped(entry.text, at: CommandHelp.column)
            let gap = CommandHelp.column - label.count
            guard !text.isEmpty else {
                page += label + "\n"
                return
            }
            page += gap >= 2 ? label + String(repeating: " ", count: gap) : label + "\n" + CommandHelp.indent
            page += text + "\n"
        }
    }

    private static let indent = String(repeating: " ", count: column)

    /// Text in lines that end before column 80; the first begins at `column`, the others are indented to it.
    private static func wrapped(_ text: String, at column: Int) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width - column {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: column))
    }
}
