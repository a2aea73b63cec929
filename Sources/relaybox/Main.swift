// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The program: one binary, its duties as subcommands.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relaybox",
        abstract: "An SMTP relay: load balancer, session pools, durable queue and delivery in one process.",
        version: Version.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, StatsSubcommand.self, QueueSubcommand.self, VersionCommand.self,
            ManualCommand.self,
        ]
    )
}
