// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Systemd

/// `relaybox version`.
package struct VersionSubcommand: ParsableCommand {
    /// Its word and its line in `--help`.
    package static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    package init() {}

    /// Prints the version on a line of its own.
    package func run() {
        Host.output(Version.text + "\n")
    }
}
