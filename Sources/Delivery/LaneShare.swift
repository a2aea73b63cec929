// SPDX-License-Identifier: Apache-2.0

/// A lane's part of a destination: how many connections the lane has to it, being opened included.
///
/// A new destination (after a reload) is a new share; connections keep the one they were opened with.
final class LaneShare {
    let destination: Destination
    private let lane: Int
    private(set) var held = 0
    /// Connections being opened.
    var connecting = 0
    /// Connections that are up.
    var ready = 0 {
        didSet {
            guard (ready > 0) != (oldValue > 0) else { return }
            destination.mark(lane: lane, isConnected: ready > 0)
        }
    }

    init(_ destination: Destination, lane: Int) {
        self.destination = destination
        self.lane = lane
    }

    /// Takes the right to one more connection; false when there is none left.
    func take() -> Bool {
        guard destination.takePermit(lane: lane, held: held) else { return false }
        held += 1
        return true
    }

    /// Gives the right to a connection back; returns the lanes that want it, a bit each.
    func give() -> UInt64 {
        held = max(0, held - 1)
        return destination.givePermit(held: held)
    }

    var isGreedy: Bool { destination.isGreedy(ready: ready) }
}
