// SPDX-License-Identifier: Apache-2.0

/// A lane's search for a server of a destination, from the right to a connection until one is up or nobody is left.
final class HopWalk {
    let share: LaneShare
    /// When the search began, milliseconds since 1970.
    let opened: Int64
    var machine: HopWalkMachine
    /// The server that refused last.
    var relay: Relay?

    init(_ share: LaneShare, opened: Int64, _ settings: RoutingSettings) {
        self.share = share
        self.opened = opened
        machine = HopWalkMachine(share.destination.hop, settings)
    }
}
