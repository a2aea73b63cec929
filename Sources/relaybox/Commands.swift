// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Configuration
import Systemd

/// Where the configuration is, for every command that reads it.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file.")
    var file = "/etc/relaybox/appliance.conf"
}

/// `relaybox check`: reads the file and says everything that is wrong with it.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read the configuration and print every mistake in it."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        let reading = try ConfigurationFile(path: options.file).read()
        Host.write(reading.report, to: 2)
        guard reading.isValid else { throw ExitCode(1) }
        Host.write("Configuration file is valid\n")
    }
}

/// `relaybox version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    func run() {
        Host.write(Version.text + "\n")
    }
}

/// `relaybox manual`: the manual page of the configuration file, made from the table that parses it.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page of appliance.conf in roff.",
        shouldDisplay: false
    )

    func run() {
        Host.write(ManualPage.render())
    }
}
