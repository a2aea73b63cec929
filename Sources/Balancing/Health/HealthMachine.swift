// SPDX-License-Identifier: Apache-2.0

/// Whether a server is up, from the results of its checks (HAProxy configuration manual 5.2: rise, fall, inter).
///
/// `health` counts from 0, fully down, to `rise + fall - 1`, fully up; from `rise` on the server is up.
package struct HealthMachine: Sendable, Equatable {
    /// What a check's result did.
    package enum Change: Sendable, Equatable {
        /// Nothing that is worth a line.
        case none
        /// The count moved but the server stays what it was.
        case progressed
        /// The server may take sessions from now on.
        case wentUp
        /// The server takes no new sessions from now on.
        case wentDown
    }

    /// Which of the server's check intervals applies.
    package enum Pace: Sendable, Equatable {
        /// Fully up: `inter`.
        case normal
        /// Between up and down, or not checked yet: `fastinter`.
        case fast
        /// Fully down: `downinter`.
        case down
    }

    /// Passed checks in a row that bring the server up, 1 at least.
    package let rise: Int
    /// Failed checks in a row that take it down, 1 at least.
    package let fall: Int
    /// From 0 to `rise + fall - 1`: HAProxy's `check_health`.
    package private(set) var health: Int

    /// A server begins up, but its first failed check takes it down.
    package init(rise: Int, fall: Int) {
        self.rise = max(1, rise)
        self.fall = max(1, fall)
        health = self.rise
    }

    /// Whether sessions may be sent to it, as far as checks go.
    package var isUp: Bool { health >= rise }
    private var highest: Int { rise + fall - 1 }

    /// A check passed. From `rise` on the count jumps to the top, as in HAProxy.
    package mutating func checkSucceeded() -> Change {
        guard health < highest else { return .none }
        let wasUp = isUp
        health += 1
        if health >= rise { health = highest }
        return isUp && !wasUp ? .wentUp : .progressed
    }

    /// A check failed. Below `rise` the count falls to 0, as in HAProxy.
    package mutating func checkFailed() -> Change {
        guard health > 0 else { return .none }
        let wasUp = isUp
        health -= 1
        if health < rise { health = 0 }
        return wasUp && !isUp ? .wentDown : .progressed
    }

    /// Connections of sessions failed as often as was allowed (`observe`, `on-error`).
    package mutating func observed(_ reaction: ObservationSettings.Reaction) -> Change {
        switch reaction {
        case .fastInterval: return .none
        case .failedCheck: break
        case .suddenDeath: health = min(health, rise + 1)
        case .markDown: health = min(health, rise)
        }
        return checkFailed()
    }

    /// Maintenance ended: up again, and one failure from down.
    package mutating func resume() {
        health = rise
    }

    /// Maintenance began.
    package mutating func suspend() {
        health = 0
    }

    /// Which interval the next check comes after.
    package var pace: Pace {
        if health == highest { return .normal }
        return health == 0 ? .down : .fast
    }

    /// HAProxy's `n/m`: failures left of `fall` while up, successes of `rise` while down.
    package var progress: String {
        isUp ? "\(health - rise + 1)/\(fall)" : "\(health)/\(rise)"
    }

    /// Whether the server is on its way from one state to the other.
    package var isInTransition: Bool { health != highest && health != 0 }
}
