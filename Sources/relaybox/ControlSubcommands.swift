// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Control
import Spooling
import Statistics
import Systemd

/// Where the stats socket is, for every command that talks to a running appliance.
struct SocketOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The stats socket of the running appliance: a path, or HOST:PORT.")
    var socket = Host.environment("RELAYBOX_SOCKET") ?? "/run/relaybox/stats.sock"

    var console: ClientConsole {
        let isTerminal = Host.isTerminal(1)
        return ClientConsole(
            isTerminal: isTerminal,
            hasColours: isTerminal && Host.environment("NO_COLOR") == nil,
            output: { Host.write($0) },
            complain: { Host.write("relaybox: \($0)\n", to: 2) }
        )
    }
}

/// `relaybox stats`: a table to read, or a runtime command and its raw answer.
struct StatsSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print what is going on, or send a runtime command."
    )

    @OptionGroup var options: SocketOptions

    @Argument(parsing: .remaining, help: "A runtime command such as 'show info'; without one, a table.")
    var words: [String] = []

    func run() async throws {
        let code = await StatsCommand.run(socket: options.socket, words: words, console: options.console)
        throw ExitCode(code)
    }
}

/// `relaybox trace`: a message's way through the appliance.
struct TraceSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Print one message's way from the client's connect to its removal."
    )

    @OptionGroup var options: SocketOptions

    @Flag(name: .long, help: "Answer in JSON.")
    var json = false

    @Argument(help: "The queue id.")
    var id: String

    func run() async throws {
        let code = await TraceCommand.run(socket: options.socket, id: id, isJSON: json, console: options.console)
        throw ExitCode(code)
    }
}

/// `relaybox queue`: looks at the queue and changes it.
struct QueueSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "List, count, show, flush, hold, release, requeue or delete queued mail.",
        usage: QueueCommand.usage
    )

    @OptionGroup var options: SocketOptions

    @Flag(name: .long, help: "Answer in JSON.")
    var json = false

    @Option(name: .long, help: .hidden)
    var spool: String?

    @Argument(parsing: .allUnrecognized, help: "What to do, and with which messages.")
    var words: [String] = []

    func run() async throws {
        if let spool, words == ["count"] { return try count(in: spool) }
        let words = json ? words + ["--json"] : words
        let code = await QueueCommand.run(socket: options.socket, words: words, console: options.console)
        throw ExitCode(code)
    }

    /// How many messages a stopped appliance left: what the removal of the package asks.
    private func count(in directory: String) throws {
        var settings = SpoolSettings()
        settings.directory = directory
        let spool = try EmbeddedSpool.open(settings, log: SilentLog(), now: { Host.now })
        defer { spool.close() }
        Host.write("\(spool.statistics.queued.value)\n")
    }
}
