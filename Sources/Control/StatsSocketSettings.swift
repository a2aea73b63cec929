// SPDX-License-Identifier: Apache-2.0

package import Balancing

/// One `stats socket` line (HAProxy configuration manual 3.1).
package struct StatsSocketSettings: Sendable, Equatable {
    package var address: BindSettings.Address
    /// File mode of a UNIX socket such as 0o660; nil leaves it to the umask.
    package var mode: Int?
    package var user: String?
    package var group: String?
    package var level = AccessLevel.operator

    package init(address: BindSettings.Address) {
        self.address = address
    }
}

/// What a client of the stats socket may do.
package enum AccessLevel: Int, Sendable, Comparable {
    case user = 0
    case `operator` = 1
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
