// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What delivery counts.
package final class DeliveryStatistics: Sendable {
    /// Recipients by outcome.
    package let sent = Counter()
    /// Attempts, by recipient, that ended in a deferral.
    package let deferred = Counter()
    /// Recipients refused for good.
    package let bounced = Counter()
    /// Recipients that had waited for too long.
    package let expired = Counter()
    /// Reports made.
    package let reports = Counter()
    /// Recipients that failed for good and about whom nobody could be told: the sender was null, or the message a
    /// report.
    package let unreportable = Counter()
    /// Messages held in memory for delivery.
    package let active = Counter()
    /// Connections to next hops: open now, at most, in total.
    package let connections = Gauge()
    /// Connects that failed, and greetings that refused.
    package let connectFailures = Counter()
    /// Connections the server cut or left in the middle of a dialogue.
    package let lostConnections = Counter()
    /// Dialogues in which the server was silent, or did not read, for too long.
    package let timeouts = Counter()
    /// Dialogues in which the server said something that is not SMTP.
    package let protocolErrors = Counter()
    /// Transactions whose recipients went on at another server in the same attempt.
    package let failovers = Counter()
    /// Times the whole destination was given up for a while.
    package let suspensions = Counter()
    /// Outcomes the spool did not take at first.
    package let recordFailures = Counter()

    package init() {}
}
