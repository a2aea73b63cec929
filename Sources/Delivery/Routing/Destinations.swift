// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// All destinations that are in memory, by next hop: in use by lanes, or remembered because they failed.
///
/// Their number is bounded. When it is reached, what nobody uses goes first: those that are well, then those that are
/// suspended; what then still finds no room waits.
final class Destinations: Sendable {
    private struct Place {
        let destination: Destination
        /// Lanes that have a share.
        var users = 0
    }

    private struct State {
        var places: [DeliverySettings.NextHop: Place] = [:]
        var unused = 0
        var limit: Int
        var concurrency: Int
        var initial: Int
    }

    private let lanes: Int
    private let state: Mutex<State>
    private let connections = Atomic<Int>(0)
    private let connectionLimit: Atomic<Int>
    /// Shares that wait for a connection to any destination to end.
    private let starving = Atomic<Int>(0)

    init(_ settings: DeliverySettings, lanes: Int) {
        self.lanes = lanes
        connectionLimit = Atomic(max(1, settings.routing.connectionLimit))
        state = Mutex(
            State(
                limit: max(1, settings.routing.destinationLimit),
                concurrency: settings.concurrencyLimit,
                initial: settings.routing.initialConcurrency
            )
        )
    }

    /// Where mail has several destinations, what waits in memory for one of them may take this part of the active queue
    /// in each lane: a quarter in all lanes together.
    var portion: Int { lanes * 4 }

    /// How many there are.
    var count: Int { state.withLock { $0.places.count } }

    /// The destination behind a next hop, for one more lane; nil when there are too many.
    ///
    /// - Parameter now: milliseconds since 1970.
    func take(_ hop: DeliverySettings.NextHop, now: Int64) -> Destination? {
        state.withLock { state in
            if var place = state.places[hop] {
                if place.users == 0 { state.unused -= 1 }
                place.users += 1
                state.places[hop] = place
                return place.destination
            }
            if state.places.count >= state.limit { Destinations.sweep(&state, now: now) }
            guard state.places.count < state.limit else { return nil }
            let destination = Destination(hop, limit: state.concurrency, initial: state.initial, lanes: lanes)
            state.places[hop] = Place(destination: destination, users: 1)
            return destination
        }
    }

    /// A lane has no share in a destination any more.
    func give(_ destination: Destination) {
        state.withLock { state in
            guard var place = state.places[destination.hop], place.destination === destination, place.users > 0 else {
                return
            }
            place.users -= 1
            if place.users == 0 { state.unused += 1 }
            state.places[destination.hop] = place
        }
    }

    /// New settings: lanes get new destinations.
    func reset(_ settings: DeliverySettings) {
        connectionLimit.store(max(1, settings.routing.connectionLimit), ordering: .relaxed)
        state.withLock { state in
            state = State(
                limit: max(1, settings.routing.destinationLimit),
                concurrency: settings.concurrencyLimit,
                initial: settings.routing.initialConcurrency
            )
        }
    }

    /// Everything, or one of them, may be tried again at once.
    func revive(_ hop: DeliverySettings.NextHop? = nil) {
        let destinations = state.withLock { state in
            if let hop { return [state.places[hop]?.destination].compactMap { $0 } }
            return state.places.values.map(\.destination)
        }
        for destination in destinations { destination.revive() }
    }

    // MARK: connections

    /// Takes the right to one more connection, whatever its destination.
    func takeConnection() -> Bool {
        guard
            connections.wrappingAdd(1, ordering: .relaxed).newValue
                <= connectionLimit.load(ordering: .relaxed)
        else {
            connections.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func giveConnection() {
        connections.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Whether somebody waits for a connection to end.
    var isStarving: Bool { starving.load(ordering: .relaxed) > 0 }

    func starves() {
        starving.wrappingAdd(1, ordering: .relaxed)
    }

    func starvesNoMore() {
        starving.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Makes room: forgets what nobody uses and nothing is to be remembered of, else half of what nobody uses.
    private static func sweep(_ state: inout State, now: Int64) {
        guard state.unused > 0 else { return }
        var kept = state.places.filter { $0.value.users > 0 || $0.value.destination.isSuspended(now: now) }
        if kept.count == state.places.count {
            var drop = max(1, state.unused / 2)
            kept = kept.filter { entry in
                guard entry.value.users == 0, drop > 0 else { return true }
                drop -= 1
                return false
            }
        }
        state.places = kept
        state.unused = kept.values.count { $0.users == 0 }
    }
}
