// SPDX-License-Identifier: Apache-2.0

/// Commands about the session itself.
enum DialogueCommands {
    /// The ones that every list of suggestions ends with.
    static let all: [Command] = [
        Command("help", "[<command>]", "list all commands, or those that match") { call in
            .text(CommandTable.help(call.arguments, level: call.level))
        },
        Command("prompt", "", "switch between a dialogue with prompt and a single batch") { _ in .change(.togglePrompt)
        },
        Command("quit", "", "close the connection") { _ in .change(.quit) },
    ]

    static let levels: [Command] = [
        Command("operator", "", level: .operator, "give up rights beyond level operator") { _ in
            .change(.lower(.operator))
        },
        Command("user", "", "give up rights beyond level user") { _ in .change(.lower(.user)) },
        Command("set timeout", "[cli] <delay>", "set how long this client may be silent") { call in setTimeout(call) },
        Command("set severity-output", "[none|number|string]", "mark error answers with their severity") { call in
            guard let shape = SeverityShape(rawValue: call.first) else {
                return .failure("one of 'none', 'number', 'string' is a required argument\n")
            }
            return .change(.severity(shape))
        },
        Command("show cli level", "", "show what this client may do") { call in .text("\(call.level.name)\n") },
    ]

    /// The longest silence a client may ask for: a day, in seconds.
    private static let longestTimeout = 86_400

    private static func setTimeout(_ call: Invocation) -> Answer {
        guard call.first == "cli" else { return .failure("'set timeout' only supports 'cli'.\n") }
        guard !call.second.isEmpty else { return .failure("Expects an integer value.\n") }
        guard let milliseconds = delay(call.second) else { return .failure("Invalid timeout value.\n") }
        return .change(.timeout(milliseconds))
    }

    /// A delay in seconds, or with a unit `ms`, `s`, `m`, `h`; nil when it is none, zero, or above a day.
    private static func delay(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number > 0 else { return nil }
        let units = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
        guard let factor = units[String(text.dropFirst(digits.count))], number <= longestTimeout * 1000 / factor else {
            return nil
        }
        return number * factor
    }
}

extension AccessLevel {
    /// The word of the configuration and of `show cli level`.
    package var name: String {
        switch self {
        case .user: "user"
        case .operator: "operator"
        case .admin: "admin"
        }
    }
}
