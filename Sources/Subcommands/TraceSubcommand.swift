// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Control

/// `relaybox trace`: a message's way through the appliance.
package struct TraceSubcommand: AsyncParsableCommand {
    /// Its word and its line in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Print one message's way from the client's connect to its removal."
    )

    @OptionGroup var options: SocketOptions

    @Flag(name: .long, help: "Answer in JSON.")
    var json = false

    @Argument(help: "The queue id.")
    var id: String

    package init() {}

    /// Asks the stats socket. Throws the exit code, 0 too.
    package func run() async throws {
        let code = await TraceCommand.run(socket: options.socket, id: id, isJSON: json, console: options.console)
        throw ExitCode(code)
    }
}
