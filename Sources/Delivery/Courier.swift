// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Spooling
package import Statistics

/// Owns everything on its way out: the schedule, the destinations' connections, and what becomes of each recipient.
package final class Courier: Sendable {
    /// - Parameter now: the wall clock, milliseconds since 1970.
    package init(
        settings: DeliverySettings,
        spool: any Spool,
        group: any EventLoopGroup,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) {}

    /// Counters for `show info`, the page and metrics.
    package let statistics = DeliveryStatistics()

    /// Takes what the spool holds and starts delivering.
    package func start() async {}

    /// A message was just committed: delivers it at once when there is room, else it waits in the spool.
    ///
    /// Called on the event loop of the session that received it, which is also where it will be delivered.
    package func deliver(_ message: QueuedMessage) {}

    /// `queue flush`: everything pending is tried now.
    package func flush() {}

    /// Operators changed these messages in the spool: the courier drops or looks again at what it has of them.
    package func changed(_ ids: [QueueID], _ change: QueueChange) {}

    /// Takes new settings for later attempts.
    package func reload(_ settings: DeliverySettings) {}

    /// Finishes attempts that wait for the reply to a final dot, gives up the others without a result, and returns when
    /// every result is recorded or `grace` milliseconds have passed.
    package func shutDown(grace: Int) async {}
}

/// What delivery counts.
package final class DeliveryStatistics: Sendable {
    /// Recipients by outcome.
    package let sent = Counter()
    package let deferred = Counter()
    package let bounced = Counter()
    package let expired = Counter()
    /// Reports made.
    package let reports = Counter()
    /// Messages held in memory for delivery.
    package let active = Counter()
    /// Connections to next hops: open now, at most, in total.
    package let connections = Gauge()
    /// Connects that failed.
    package let connectFailures = Counter()

    package init() {}
}
