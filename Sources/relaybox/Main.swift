// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Subcommands
import Systemd

/// The program: one binary, its duties as subcommands.
@main
struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relaybox",
        abstract: "An SMTP relay: load balancer, session pools, durable queue and delivery in one process.",
        version: Version.text,
        subcommands: [
            RunSubcommand.self, CheckSubcommand.self, StatsSubcommand.self, QueueSubcommand.self, TraceSubcommand.self,
            ProbeSubcommand.self,
            VersionSubcommand.self, ManualSubcommand.self,
        ]
    )

    /// Exit codes are 0 fine, 1 the thing asked for is not so, 2 usage.
    static func main() async {
        Host.keepStandardDescriptors()
        let outcome = await launch(Array(CommandLine.arguments.dropFirst()))
        Host.end(outcome.code, outcome.text)
    }
}
