// SPDX-License-Identifier: Apache-2.0

import CommandArguments
import Control
import Systemd

/// Where the stats socket is, for every command that talks to a running appliance.
package struct SocketOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The stats socket of the running appliance: a path, or HOST:PORT.")
    var socket = Host.environment("RELAYBOX_SOCKET") ?? "/run/relaybox/stats.sock"

    package init() {}

    var console: ClientConsole {
        let isTerminal = Host.isTerminal(1)
        return ClientConsole(
            isTerminal: isTerminal,
            hasColours: isTerminal && Host.environment("NO_COLOR") == nil,
            write: { Host.output($0) },
            complain: { Host.write("relaybox: \($0)\n", to: 2) }
        )
    }
}
