// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Control
import Spooling
import Statistics
import Systemd

/// `relaybox queue`: looks at the queue and changes it.
package struct QueueSubcommand: AsyncParsableCommand {
    /// Its word and its line in `--help`; the usage is `QueueCommand`'s own.
    package static let configuration = CommandConfiguration(
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

    package init() {}

    /// Asks the stats socket, or counts in a stopped spool. Throws the exit code, 0 too.
    package func run() async throws {
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
        Host.output("\(spool.statistics.queued.value)\n")
    }
}
