// SPDX-License-Identifier: Apache-2.0

import CommandArguments

/// Where the configuration is, for every command that reads it.
package struct ConfigurationOptions: ParsableArguments {
    /// `-f FILE`; the package's conffile without it.
    @Option(name: .shortAndLong, help: "The configuration file.")
    package var file = "/etc/relaybox/appliance.conf"

    package init() {}
}
