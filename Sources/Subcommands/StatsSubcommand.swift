// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Control

/// `relaybox stats`: a table to read, or a runtime command and its raw answer.
package struct StatsSubcommand: AsyncParsableCommand {
    /// Its word and its line in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print what is going on, or send a runtime command."
    )

    @OptionGroup var options: SocketOptions

    @Argument(parsing: .remaining, help: "A runtime command such as 'show info'; without one, a table.")
    var words: [String] = []

    package init() {}

    /// Asks the stats socket. Throws the exit code, 0 too.
    package func run() async throws {
        let code = await StatsCommand.run(socket: options.socket, words: words, console: options.console)
        throw ExitCode(code)
    }
}
