// SPDX-License-Identifier: Apache-2.0

/// How a next hop has been doing: whether a new connection may be tried, and when everything for it has to wait.
///
/// A destination that was never reached, or not since it failed, gets one connection at a time until one succeeds. If a
/// connect fails while others stand, only further connects wait; if none stands, everything for the destination is
/// suspended (Postfix: a dead destination), longer each time in a row. Times are milliseconds since 1970.
package struct DestinationMachine: Sendable {
    /// Why, and until when, everything for the destination waits.
    package struct Suspension: Sendable, Equatable {
        /// Milliseconds since 1970.
        package var until: Int64
        /// When it began, milliseconds since 1970: before that the clock was set back.
        package var since: Int64
        /// The enhanced status code of what went wrong last: recipients that wait are deferred with it.
        package var dsn: String
        /// The text of what went wrong last.
        package var reason: String

        /// Made by the machine; `Courier` defers recipients in its words.
        package init(since: Int64, until: Int64, dsn: String, reason: String) {
            self.since = since
            self.until = until
            self.dsn = dsn
            self.reason = reason
        }

        /// why not the end alone: where the clock is set back by a day, a pause of minutes would last a day.
        func lasts(at now: Int64) -> Bool { now >= since && now < until }
    }

    /// Whether a connection may be opened now.
    package enum Admission: Sendable, Equatable {
        case open
        /// Not now; somebody else is trying, or it is too early. Nil: the outcome of the other attempt comes first.
        case wait(until: Int64?)
        case suspended(Suspension)
    }

    /// What a failure means.
    package enum Consequence: Sendable, Equatable {
        /// Nothing beyond the message concerned.
        case none
        /// No further connections for a while; those that stand go on.
        case wait
        /// Everything for the destination waits.
        case suspend(Suspension)
    }

    /// Dialogues in a row that broke before anything was delivered, until the destination counts as failed.
    package static let brokenDialogues = 5
    /// The shortest and longest pause between connects when some fail and others stand, in milliseconds.
    package static let shortestPause: Int64 = 1_000
    /// The longest such pause, milliseconds.
    package static let longestPause: Int64 = 60_000

    private enum Health: Sendable {
        /// Not reached yet, or not since the last suspension.
        case unknown
        /// One connection is being tried.
        case probing
        case reachable
        case suspended(Suspension)
    }

    private var health = Health.unknown
    private var established = 0
    private var suspensions = 0
    private var broken = 0
    private var pause: Int64 = 0
    private var pausedUntil: Int64 = 0

    package init() {}

    /// Whether a delivery would change anything: dialogues have been breaking.
    package var hasTrouble: Bool {
        if case .suspended = health { return true }
        return broken > 0 || suspensions > 0
    }

    /// Whether everything for the destination waits at this time.
    package func isSuspended(now: Int64) -> Bool {
        if case .suspended(let suspension) = health { return suspension.lasts(at: now) }
        return false
    }

    /// Asks for a new connection.
    package mutating func wantsConnection(now: Int64) -> Admission {
        switch health {
        case .unknown:
            health = .probing
            return .open
        case .probing:
            return .wait(until: nil)
        case .reachable:
            return now < pausedUntil && now >= pausedUntil - pause ? .wait(until: pausedUntil) : .open
        case .suspended(let suspension):
            guard !suspension.lasts(at: now) else { return .suspended(suspension) }
            health = .probing
            return .open
        }
    }

    /// A connection is up: greeting and EHLO are through. True when others have been waiting for this.
    package mutating func connected() -> Bool {
        established += 1
        pause = 0
        pausedUntil = 0
        switch health {
        // why: a connection alone does not end a suspension, which may be due to what happens after EHLO.
        case .reachable, .suspended: return false
        case .unknown, .probing:
            health = .reachable
            return true
        }
    }

    /// A connection that was up is gone.
    package mutating func disconnected() {
        established = max(0, established - 1)
    }

    /// A connection could not be had, or was refused in greeting or EHLO.
    package mutating func connectFailed(now: Int64, dsn: String, reason: String, backoff: Backoff) -> Consequence {
        if established > 0 {
            // why: this was the probe that all others wait for; after the pause the next one tries.
            if case .probing = health { health = .reachable }
            pause = min(max(pause * 2, DestinationMachine.shortestPause), DestinationMachine.longestPause)
            pausedUntil = now + pause
            return .wait
        }
        if case .suspended = health { return .none }
        return suspend(now: now, dsn: dsn, reason: reason, backoff: backoff)
    }

    /// A connection attempt was given up for reasons of our own.
    package mutating func connectAbandoned() {
        if case .probing = health { health = .unknown }
    }

    /// A dialogue that was up broke in the middle of a transaction.
    package mutating func dialogueBroke(now: Int64, dsn: String, reason: String, backoff: Backoff) -> Consequence {
        broken += 1
        guard broken >= DestinationMachine.brokenDialogues else { return .none }
        if case .suspended = health { return .none }
        return suspend(now: now, dsn: dsn, reason: reason, backoff: backoff)
    }

    /// A transaction was carried to its end, whatever the server's answer: the destination works.
    package mutating func carried() {
        if case .suspended = health { health = .reachable }
        broken = 0
        suspensions = 0
    }

    /// An operator wants everything tried now.
    package mutating func revive() {
        if case .suspended = health { health = .unknown }
        broken = 0
        suspensions = 0
        pause = 0
        pausedUntil = 0
    }

    private mutating func suspend(now: Int64, dsn: String, reason: String, backoff: Backoff) -> Consequence {
        suspensions += 1
        broken = 0
        let suspension = Suspension(
            since: now,
            until: now.addingReportingOverflow(backoff.wait(afterFailures: suspensions)).partialValue,
            dsn: dsn,
            reason: reason
        )
        health = .suspended(suspension)
        return .suspend(suspension)
    }
}
