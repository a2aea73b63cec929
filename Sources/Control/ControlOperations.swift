// SPDX-License-Identifier: Apache-2.0

package import Delivery
package import Spooling

/// Everything a command may reach: the roles it operates, the process's facts and the clocks.
package struct ControlOperations: Sendable {
    /// The roles; nil for those that this process does not have.
    package var balancer: BalancerOperations
    /// Delivery; nil without a `queue` section.
    package var courier: Courier?
    /// The queue; nil without a `queue` section.
    package var spool: (any Spool)?
    /// What the process knows of itself.
    package var facts: ProcessFacts
    /// The last log lines, for `trace`; nil: none are kept.
    package var history: TraceHistory?
    /// The sockets that listen, for `show cli sockets`.
    package var sockets: @Sendable () -> [StatsSocketSettings] = { [] }
    /// What pools count, by name.
    package var counters: @Sendable () -> [CounterGroup] = { [] }
    /// What went wrong lately.
    package var failures: RecentFailures?
    /// The wall clock, milliseconds since 1970.
    package var now: @Sendable () -> Int64
    /// The clock that rate meters are fed with, milliseconds since any moment.
    package var uptime: @Sendable () -> Int64
    /// Differences between two `show info`.
    package let meter = ProcessMeter()

    /// The rest is empty until the assembly, or a test, sets it.
    package init(
        balancer: BalancerOperations,
        courier: Courier?,
        spool: (any Spool)?,
        facts: ProcessFacts,
        now: @escaping @Sendable () -> Int64,
        uptime: @escaping @Sendable () -> Int64
    ) {
        self.balancer = balancer
        self.courier = courier
        self.spool = spool
        self.facts = facts
        self.now = now
        self.uptime = uptime
    }
}
