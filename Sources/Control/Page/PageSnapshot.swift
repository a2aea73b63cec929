// SPDX-License-Identifier: Apache-2.0

package import Delivery
package import Spooling
package import Statistics

/// Everything the page and the metrics show, looked at in one go and used for every client for a second.
package struct PageSnapshot: Sendable {
    /// Milliseconds since 1970.
    package var time: Int64
    /// Seconds east of UTC.
    package var zone: Int
    /// The rate meters' clock.
    package var uptime: Int64
    /// The numbers of `show info`.
    package var info: InfoSnapshot
    /// Rows of `show stat`, all of them.
    package var rows: [StatisticsRow]
    /// Counters of pools, spool and delivery.
    package var groups: [CounterGroup]
    /// Whether mail can be taken now.
    package var health: PageHealth
    /// How long commits took since the start.
    package var commits = LatencyHistogram.Snapshot()
    /// The newest sessions, `sessionLimit` at most; none where there are more than two thousand.
    package var sessions: [SessionRow] = []
    /// Whether there are more sessions than are listed.
    package var hasMoreSessions = false
    /// The last count of the queue.
    package var census = QueueCensus()
    /// The newest failures, newest first.
    package var failures: [RecentFailures.Entry] = []
    /// The charts' samples, oldest first.
    package var history: [PageHistory.Sample] = []
    /// Names of verdicts that occur in the samples.
    package var verdictNames: [String] = []
    /// The spool's counters; nil without a queue.
    package var spool: SpoolStatistics?
    /// Delivery's counters; nil without a queue.
    package var delivery: DeliveryStatistics?

    /// Sessions that are listed.
    package static let sessionLimit = 50
    /// Sessions beyond which none is listed: looking at every one would cost too much.
    private static let sessionCeiling = 2_000

    /// - Parameter census: the last count of the queue.
    package init(_ operations: ControlOperations, census: QueueCensus, history: PageHistory) {
        time = operations.now()
        zone = operations.facts.zoneOffset(time)
        uptime = operations.uptime()
        info = InfoSnapshot(operations)
        rows = operations.balancer.rows()
        groups = PageSnapshot.groups(operations)
        health = PageHealth(operations)
        spool = operations.spool?.statistics
        delivery = operations.courier?.statistics
        if let spool { commits = spool.commitLatency.snapshot }
        if info.currentSessions > 0, info.currentSessions <= Self.sessionCeiling {
            let all = operations.balancer.sessions().sorted { $0.id > $1.id }
            sessions = Array(all.prefix(Self.sessionLimit))
        }
        hasMoreSessions = info.currentSessions > sessions.count
        self.census = census
        failures = operations.failures?.entries ?? []
        (self.history, verdictNames) = history.current
    }

    /// The counters of pools, spool and delivery.
    package static func groups(_ operations: ControlOperations) -> [CounterGroup] {
        var groups = operations.counters()
        if let spool = operations.spool {
            let gauges: Set = ["queued", "slowest_commit_microseconds"]
            groups.append(CounterGroup(part: "spool", of: spool.statistics, gauges: gauges))
        }
        if let courier = operations.courier {
            groups.append(CounterGroup(part: "delivery", of: courier.statistics, gauges: ["active"]))
        }
        return groups
    }

    /// The totals for the charts.
    package static func reading(_ operations: ControlOperations) -> PageHistory.Reading {
        var reading = PageHistory.Reading(time: operations.uptime())
        for row in operations.balancer.rows() where row.kind == .frontend {
            reading.sessions &+= row.statistics.sessions.current
        }
        if let spool = operations.spool?.statistics {
            reading.accepted = spool.committed.value
            reading.queued = spool.queued.value
            reading.commits = spool.commitLatency.snapshot
        }
        if let delivery = operations.courier?.statistics {
            reading.sent = delivery.sent.value
            reading.deferred = delivery.deferred.value
            reading.bounced = delivery.bounced.value
        }
        reading.verdicts = verdicts(of: operations.counters())
        return reading
    }

    /// What pools counted of clients they judged, by name: screening's own counters, and ends that a limit or a rule caused.
    package static func verdicts(of groups: [CounterGroup]) -> [String: Int] {
        let ends: Set = [
            "rejected", "turned_away", "out_of_sync", "header_errors", "too_many_errors", "timeouts",
            "lost_connections",
            "overlong_commands", "bare_newlines",
        ]
        var verdicts: [String: Int] = [:]
        for group in groups where group.part == "pool" {
            for count in group.counts where count.kind == .counter {
                let isScreening = count.name.hasPrefix("screening_")
                guard isScreening || ends.contains(count.name) else { continue }
                let name = isScreening ? String(count.name.dropFirst("screening_".count)) : count.name
                verdicts[name, default: 0] &+= count.value
            }
        }
        return verdicts
    }
}

/// Whether mail can be taken now, and if not, why: what `/healthz` says.
package enum PageHealth: Sendable, Equatable {
    /// 200 for whoever asks.
    case ok
    /// 503 with this text.
    case failing(String)

    /// `/healthz` at this moment: draining comes before a full spool.
    package init(_ operations: ControlOperations) {
        if operations.facts.isStopping() {
            self = .failing(
                "the process drains: sessions end at their next transaction boundary, and no new ones begin"
            )
        } else if case .shedding(let reason) = operations.spool?.statistics.health {
            self = .failing("the spool takes no mail: \(PlainText.line(reason))")
        } else {
            self = .ok
        }
    }
}
