// SPDX-License-Identifier: Apache-2.0

package import CommandArguments
import Systemd

/// `relaybox version`.
package struct VersionSubcommand: ParsableCommand {
    package static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    package init() {}

    package func run() {
        Host.write(Version.text + "\n")
    }
}
