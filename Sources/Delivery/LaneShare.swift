// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A lane's part of a destination: the messages that wait for a connection, and the connections the lane has to it.
///
/// A new destination (after a reload) is a new share; connections keep the one they were opened with.
final class LaneShare {
    let destination: Destination
    private let lane: Int
    /// Messages that wait for a connection.
    var queue = CircularBuffer<DeliveryRequest>()
    /// Searches for one message each that wait for the right to a connection (`Lane+Failover`).
    var failovers = CircularBuffer<HopWalk>()
    /// Connections without a message; the one used last is taken first.
    var idle: [DialogueHandler] = []
    /// Before this time no connection is opened, milliseconds since 1970.
    var pausedUntil: Int64 = 0
    /// Transactions begun since `measured`, when the pace was looked at last: milliseconds since 1970.
    var begun = 0
    var measured: Int64 = 0
    /// Whether the settings have changed since, so that connections end after their message.
    var isRetired = false
    /// Whether it waits for a connection to any destination to end.
    var isStarved = false
    /// Whether it is its turn to get a connection that ended.
    var hasTurn = false
    /// Connections, those being opened included.
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

    /// Whether the lane has nothing to do with the destination at present.
    var isUnused: Bool { held == 0 && queue.isEmpty && failovers.isEmpty && !isStarved }

    /// The next message that waits and that no operator took back, claimed.
    func next() -> DeliveryRequest? {
        while let request = queue.popFirst() {
            if request.claim() {
                begun += 1
                return request
            }
        }
        return nil
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
