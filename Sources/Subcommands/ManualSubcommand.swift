// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Configuration
import Systemd

/// `relaybox manual`: the manual page of the configuration file, made from the table that parses it.
package struct ManualSubcommand: ParsableCommand {
    /// Its word; hidden, because only the build of the package needs it.
    package static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page of appliance.conf in roff.",
        shouldDisplay: false
    )

    package init() {}

    /// Prints the page to standard output.
    package func run() {
        Host.output(ManualPage.render())
    }
}
