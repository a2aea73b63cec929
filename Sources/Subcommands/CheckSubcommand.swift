// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Systemd

/// `relaybox check`: reads the file and says everything that is wrong with it.
package struct CheckSubcommand: ParsableCommand {
    /// Its word and its line in `--help`.
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read the configuration and print every mistake in it."
    )

    @OptionGroup var options: ConfigurationOptions

    package init() {}

    /// Prints every diagnostic to standard error. Throws `ExitCode(1)` where one is an error.
    package func run() throws {
        let reading = try ConfigurationFile(path: options.file).read()
        Host.write(reading.report, to: 2)
        guard reading.isValid else { throw ExitCode(1) }
        Host.output("Configuration file is valid\n")
    }
}
