// SPDX-License-Identifier: Apache-2.0

/// A lane's search for a server of a destination, from the right to a connection until one is up or nobody is left.
final class HopWalk {
    let share: LaneShare
    /// When the search began, milliseconds since 1970.
    var opened: Int64
    var machine: HopWalkMachine
    /// The server that refused last.
    var relay: Relay?
    /// Whether the search goes on for one message that the server before did not take; the connection is for it alone.
    let isFailover: Bool
    /// That message, until a connection takes it.
    private var request: DeliveryRequest?
    /// What such a search begins with.
    private(set) var first: HopWalkMachine.Action?
    /// The server that is tried, and whether it is without encryption because its handshake failed.
    var target: HopTarget?
    var isPlain = false

    init(_ share: LaneShare, opened: Int64, _ settings: RoutingSettings) {
        self.share = share
        self.opened = opened
        machine = HopWalkMachine(share.destination.hop, settings)
        isFailover = false
    }

    /// A search that goes on where `machine` is, for one message.
    init(
        _ share: LaneShare,
        opened: Int64,
        _ machine: HopWalkMachine,
        first: HopWalkMachine.Action,
        _ request: DeliveryRequest
    ) {
        self.share = share
        self.opened = opened
        self.machine = machine
        self.first = first
        self.request = request
        isFailover = true
    }

    /// Hands over the message that the search is for; nil when it has none, or none any more.
    func takeRequest() -> DeliveryRequest? {
        defer { request = nil }
        return request
    }
}
