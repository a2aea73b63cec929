// SPDX-License-Identifier: Apache-2.0

/// What follows a failed connection attempt: again, elsewhere, or not at all (HAProxy configuration manual 4.2, `retries`
/// and `option redispatch`).
package struct RetryMachine: Sendable, Equatable {
    /// Why an attempt failed: it decides whether the next one has to wait.
    package enum Failure: Sendable, Equatable {
        /// It failed at once, or for a reason of our own.
        case refused
        /// `timeout connect` is over.
        case timedOut
    }

    /// What `RouteHandler` does after a failed attempt.
    package enum Action: Sendable, Equatable {
        /// Tries the same server again after so many milliseconds.
        case retry(after: Int)
        /// Chooses a server anew, at once.
        case redispatch
        /// The retries are used up, now and whenever it is asked again.
        case giveUp
    }

    /// Before the same server is tried again it gets a second, or the connect timeout where that is shorter.
    package static let turnAround = 1_000

    private let retries: Int
    private let redispatches: Bool
    /// `option redispatch INTERVAL`: every so many retries, or, below zero, the last but so many.
    private let interval: Int
    private let connectTimeout: Int?
    /// Attempts after the first one.
    package private(set) var used = 0
    private var hasGivenUp = false

    /// `retries` below 0 counts as 0; `connectTimeout` in milliseconds, nil for none.
    package init(retries: Int, redispatches: Bool, interval: Int = -1, connectTimeout: Int?) {
        self.retries = max(0, retries)
        self.interval = interval
        self.redispatches = redispatches
        self.connectTimeout = connectTimeout
    }

    /// Whether this retry goes to another server.
    private var isTurn: Bool {
        let step = interval > 0 ? interval : retries + 1 + interval
        return step > 0 && used % step == 0
    }

    /// - Parameter mayChangeAtOnce: the backend goes round robin over more than one usable server, or this one is down by
    ///   now, so that no attempt need wait for the one that failed.
    package mutating func connectFailed(_ failure: Failure, mayChangeAtOnce: Bool) -> Action {
        guard !hasGivenUp, used < retries else {
            hasGivenUp = true
            return .giveUp
        }
        used += 1
        if redispatches, mayChangeAtOnce || isTurn { return .redispatch }
        switch failure {
        case .refused: return .retry(after: min(RetryMachine.turnAround, connectTimeout ?? RetryMachine.turnAround))
        // The attempt has taken its time already.
        case .timedOut: return .retry(after: 0)
        }
    }
}
