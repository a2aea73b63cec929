// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Systemd

/// The program: one binary, its duties as subcommands.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relaybox",
        abstract: "An SMTP relay: load balancer, session pools, durable queue and delivery in one process.",
        version: Version.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, StatsSubcommand.self, QueueSubcommand.self, TraceSubcommand.self,
            ProbeSubcommand.self,
            VersionCommand.self, ManualCommand.self,
        ]
    )

    /// Exit codes are 0 fine, 1 the thing asked for is not so, 2 usage; the library's own code for usage is another.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if !text.isEmpty { Host.write(text + "\n", to: code == .success ? 1 : 2) }
            Host.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
