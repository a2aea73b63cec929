// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Synchronization
import Testing

/// What the commands below were told.
private final class Notebook: Sendable {
    private let text = Mutex("")
    func write(_ value: String) { text.withLock { $0 = value } }
    var last: String { text.withLock { $0 } }

    @TaskLocal static var current = Notebook()
}

private struct Shared: ParsableArguments {
    @Option(name: .shortAndLong, help: "The file to read, which may be anywhere that the program is allowed to look.")
    var file = "/etc/tool.conf"
}

private struct Walk: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "walk", abstract: "Walk a few steps.")

    @OptionGroup var shared: Shared
    @Flag(help: "Backwards.") var isReverse = false
    @Option(help: "How many.") var steps = 3
    @Option(name: .customLong("with"), help: "Company.") var companions: [String] = []
    @Option(help: .hidden) var secret: String?
    @Argument(help: "Where to.") var target: String

    func validate() throws {
        if steps < 1 { throw ValidationError("\(steps) steps lead nowhere") }
    }

    func run() throws {
        if target == "nowhere" { throw ExitCode(1) }
        if target == "moon" { throw ValidationError("the moon is too far") }
        Notebook.current.write(
            "\(shared.file) \(isReverse) \(steps) \(companions) \(secret ?? "-") \(target)"
        )
    }
}

private struct Talk: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "talk",
        abstract: "Say words.",
        usage: "tool talk WORD..."
    )

    @Argument(parsing: .remaining, help: "What to say.") var words: [String] = ["hello"]

    func run() async throws {
        Notebook.current.write("\(words)")
    }
}

private struct Pass: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pass", shouldDisplay: false)

    @Flag(help: "Aloud.") var loud = false
    @Argument(parsing: .allUnrecognized, help: "Anything.") var words: [String] = []

    func run() throws { Notebook.current.write("\(loud) \(words)") }
}

private struct Hidden: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hidden", shouldDisplay: false)
}

private struct Tool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tool",
        abstract: "Does things.",
        version: "tool 1.0",
        subcommands: [Walk.self, Talk.self, Pass.self, Hidden.self]
    )
}

struct CommandReaderTests {
    private func launch(_ line: String) async -> (outcome: CommandOutcome, note: String) {
        let notebook = Notebook()
        let words = line.split(separator: " ").map(String.init)
        let outcome = await Notebook.$current.withValue(notebook) { await Tool.launch(words) }
        return (outcome, notebook.last)
    }

    @Test(arguments: [
        ("walk home", "/etc/tool.conf false 3 [] - home"),
        ("walk home -f /a --is-reverse --steps 5", "/a true 5 [] - home"),
        ("walk --file=/a=b --steps=5 home", "/a=b false 5 [] - home"),
        ("walk -f/a home --secret x", "/a false 3 [] x home"),
        ("walk -f=/a home", "/a false 3 [] - home"),
        ("walk --with a --with b home", "/etc/tool.conf false 3 [\"a\", \"b\"] - home"),
        ("walk -- --steps", "/etc/tool.conf false 3 [] - --steps"),
        ("walk -", "/etc/tool.conf false 3 [] - -"),
        (
            "pass list --sender=a -x 3 --loud b -- --loud",
            "true [\"list\", \"--sender=a\", \"-x\", \"3\", \"b\", \"--loud\"]"
        ),
        ("talk", "[\"hello\"]"), ("talk a b -- -c --", "[\"a\", \"b\", \"-c\", \"--\"]"),
    ])
    func givesEachWordToItsField(line: String, note: String) async {
        let (outcome, written) = await launch(line)
        #expect(outcome == CommandOutcome(code: 0, text: ""))
        #expect(written == note)
    }

    @Test(arguments: [
        (
            "run",
            "Error: Unexpected argument 'run'\nUsage: tool <subcommand>\n  See 'tool --help' for more information.\n"
        ),
        ("--verbose", "Error: Unknown option '--verbose'\nUsage: tool <subcommand>\n"),
        (
            "walk",
            "Error: Missing expected argument '<target>'\nHelp:  <target>  Where to.\nUsage: tool walk [--file <file>]"
        ),
        ("walk a b", "Error: Unexpected argument 'b'\n"), ("walk a --stepps 3", "Error: Unknown option '--stepps'\n"),
        ("walk a --steps", "Error: Missing value for '--steps <steps>'\nHelp:  --steps <steps>  How many.\n"),
        ("walk a --steps x", "Error: The value 'x' is invalid for '--steps <steps>'\n"),
        (
            "walk a --is-reverse=yes",
            "Error: The option '--is-reverse' does not take any value, but 'yes' was specified.\n"
        ),
        ("walk a --steps 0", "Error: 0 steps lead nowhere\nUsage: tool walk"),
        ("walk moon", "Error: the moon is too far\nUsage: tool walk"), ("talk -x", "Error: Unknown option '-x'\n"),
        ("help run", "Error: Unexpected argument 'run'\n"), ("--generate-completion-script zsh", "Error: There is a"),
    ])
    func saysWhatIsWrong(line: String, text: String) async {
        let (outcome, written) = await launch(line)
        #expect(outcome.code == 2)
        #expect(outcome.text.hasPrefix(text), "\(outcome.text)")
        #expect(written.isEmpty)
    }

    @Test func passesTheCodeOfACommandOn() async {
        #expect(await launch("walk nowhere").outcome == CommandOutcome(code: 1, text: ""))
    }

    @Test(arguments: ["walk --help", "walk -h", "help walk", "walk a --steps 2 -h"])
    func printsTheHelpOfACommand(line: String) async {
        let (outcome, _) = await launch(line)
        #expect(outcome.code == 0)
        #expect(
            outcome.text == """
                OVERVIEW: Walk a few steps.

                USAGE: tool walk [--file <file>] [--is-reverse] [--steps <steps>] [--with <companions>] ... <target>

                ARGUMENTS:
                  <target>                Where to.

                OPTIONS:
                  -f, --file <file>       The file to read, which may be anywhere that the
                                          program is allowed to look. (default: /etc/tool.conf)
                  --is-reverse            Backwards.
                  --steps <steps>         How many. (default: 3)
                  --with <companions>     Company.
                  --version               Show the version.
                  -h, --help              Show help information.

                """
        )
    }

    @Test(arguments: ["", "--help", "-h", "help"])
    func listsTheCommands(line: String) async {
        let (outcome, _) = await launch(line)
        #expect(outcome.code == 0)
        #expect(
            outcome.text == """
                OVERVIEW: Does things.

                USAGE: tool <subcommand>

                OPTIONS:
                  --version               Show the version.
                  -h, --help              Show help information.

                SUBCOMMANDS:
                  walk                    Walk a few steps.
                  talk                    Say words.

                  See 'tool help <subcommand>' for detailed help.

                """
        )
    }

    @Test func knowsItsVersion() async {
        for line in ["--version", "walk --version"] {
            #expect(await launch(line).outcome == CommandOutcome(code: 0, text: "tool 1.0\n"))
        }
        #expect(await launch("talk --help").outcome.text.contains("USAGE: tool talk WORD...\n"))
    }

    @Test func completesCommandsAndOptions() async {
        let script = await launch("--generate-completion-script bash").outcome.text
        #expect(script.contains("words='walk talk help --help --version'"))
        #expect(script.contains("walk) words='-f --file --is-reverse --steps --with --help' ;;"))
        #expect(script.hasSuffix("complete -F _tool tool\n"))
        #expect(!script.contains("hidden") && !script.contains("secret"))
    }
}
