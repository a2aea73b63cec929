// SPDX-License-Identifier: Apache-2.0

/// What failed connections of sessions do to a server that is watched by them (HAProxy configuration manual 5.2: `observe
/// layer4`).
package struct ObservationSettings: Sendable, Equatable {
    /// `on-error`; all of them bring the next check forward to `fastinter`.
    package enum Reaction: String, Sendable, Equatable, CaseIterable {
        /// Nothing beyond that.
        case fastInterval = "fastinter"
        /// As a failed check.
        case failedCheck = "fail-check"
        /// As a failed check after which one more takes the server down.
        case suddenDeath = "sudden-death"
        /// Down at once.
        case markDown = "mark-down"
    }

    /// `error-limit`: so many failed connections in a row.
    package var errorLimit = 10
    /// `on-error`; HAProxy's default.
    package var reaction = Reaction.failedCheck

    package init() {}
}
