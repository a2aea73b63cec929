// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Subcommands
import Testing

/// The subcommands as a command line reaches them.
struct SubcommandsTests {
    private struct Program: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "relaybox",
            subcommands: [
                CheckSubcommand.self, StatsSubcommand.self, QueueSubcommand.self, TraceSubcommand.self,
                ProbeSubcommand.self, VersionSubcommand.self, ManualSubcommand.self,
            ]
        )
    }

    private func launch(_ line: String) async -> CommandOutcome {
        await Program.launch(line.split(separator: " ").map(String.init))
    }

    @Test(arguments: [
        ("probe", "Error: Missing expected argument '<address>'"), ("probe here", "Error: 'here' is not HOST:PORT"),
        ("probe :25", "Error: ':25' is not HOST:PORT"), ("probe []:25", "Error: '[]:25' is not HOST:PORT"),
        ("probe a:65536", "Error: 'a:65536' is not HOST:PORT"), ("probe a:0", "Error: 'a:0' is not HOST:PORT"),
        ("probe a:25 --timeout 0", "Error: the timeout is from 1 to 3600 seconds"),
        ("probe a:25 --hello=", "Error: '' is not a name for EHLO"),
        ("trace", "Error: Missing expected argument '<id>'"),
        ("check extra", "Error: Unexpected argument 'extra'"), ("stats --raw", "Error: Unknown option '--raw'"),
    ])
    func aWrongCommandLineIsUsage(line: String, text: String) async {
        let outcome = await launch(line)
        #expect(outcome.code == 2)
        #expect(outcome.text.hasPrefix(text), "\(outcome.text)")
    }

    @Test(arguments: [
        ("check --help", ["--file <file>", "/etc/relaybox/appliance.conf)"]),
        ("stats --help", ["--socket <socket>", "[<words> ...]"]),
        ("queue --help", ["relaybox queue summary", "--json"]), ("trace --help", ["<id>", "--json"]),
        ("probe --help", ["--send-proxy ", "--send-proxy-v2", "--starttls", "--timeout <timeout>", "--hello <hello>"]),
        ("--help", ["check", "stats", "queue", "trace", "probe", "version"]),
    ])
    func helpNamesWhatThereIs(line: String, parts: [String]) async {
        let outcome = await launch(line)
        #expect(outcome.code == 0)
        for part in parts { #expect(outcome.text.contains(part), "\(outcome.text)") }
        #expect(!outcome.text.contains("--spool"))
        #expect(!outcome.text.contains("manual"))
    }

    @Test(arguments: [
        ("check -f /no/such/file", 1), ("queue", 2), ("queue list --sort", 2), ("trace x", 2),
        ("queue lst", 2), ("queue show", 2), ("queue show x", 2), ("trace abcdef0123", 2), ("trace 600000000", 2),
        ("stats --socket /no/such/socket", 1), ("queue list --socket /no/such/socket", 1),
    ])
    func whatCannotBeDoneHasItsCode(line: String, code: Int32) async {
        #expect(await launch(line).code == code)
    }
}
