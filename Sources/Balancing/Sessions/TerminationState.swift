// SPDX-License-Identifier: Apache-2.0

/// Why and where a session ended, in the two letters of HAProxy's log line (HAProxy configuration manual 8.5).
struct TerminationState: Sendable, Equatable, CustomStringConvertible {
    /// Who ended it.
    enum Cause: String, Sendable {
        case none = "-"
        case clientAborted = "C"
        case clientTimedOut = "c"
        case serverAborted = "S"
        case serverTimedOut = "s"
        case killed = "K"
        /// Its server went down (`on-marked-down`).
        case serverDown = "D"
        /// It was on a backup server, and another one came up (`on-marked-up`).
        case serverUp = "U"
        case resources = "R"
        /// By a rule of ours.
        case rejected = "P"
    }

    /// What the session was doing.
    enum Stage: String, Sendable {
        case none = "-"
        /// Its first bytes were waited for.
        case request = "R"
        case queue = "Q"
        case connect = "C"
        case data = "D"
    }

    var cause = Cause.none
    var stage = Stage.none

    static let normal = TerminationState()

    var description: String { cause.rawValue + stage.rawValue }
}
