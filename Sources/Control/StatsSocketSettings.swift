// SPDX-License-Identifier: Apache-2.0

package import Balancing

/// One `stats socket` line (HAProxy configuration manual 3.1).
package struct StatsSocketSettings: Sendable, Equatable {
    /// A UNIX socket's path, an IP address and port, or a socket of systemd's.
    package var address: BindSettings.Address
    /// File mode of a UNIX socket such as 0o660; nil leaves it to the umask.
    package var mode: Int?
    /// `user` or `uid` of the file; nil: the process's.
    package var user: String?
    /// `group` or `gid` of the file; nil: the process's.
    package var group: String?
    /// `level`: what its clients may do at most.
    package var level = AccessLevel.operator

    /// A socket with HAProxy's defaults.
    package init(address: BindSettings.Address) {
        self.address = address
    }
}

/// What a client of the stats socket may do.
package enum AccessLevel: Int, Sendable, Comparable {
    /// Sees what is not sensitive.
    case user = 0
    /// Sees addresses, sessions and mail as well, and may clear counters.
    case `operator` = 1
    /// Changes servers, queue and tables.
    case admin = 2

    package static func < (left: AccessLevel, right: AccessLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Everything Control is told.
package struct ControlSettings: Sendable, Equatable {
    /// `stats socket` lines.
    package var sockets: [StatsSocketSettings] = []
    /// Sections in `mode http`: the page, metrics and health.
    package var pages: [PageSettings] = []
    /// `stats timeout`: milliseconds a client may be silent.
    package var timeout = 10_000
    /// `stats maxconn`: clients at once.
    package var maximumConnections = 10

    package init() {}
}
