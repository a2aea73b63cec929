// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// What the charts of the page show: a bounded row of samples, taken at a steady pace whether anybody looks or not.
package final class PageHistory: Sendable {
    /// The totals at one moment.
    package struct Reading: Sendable {
        /// Milliseconds of the monotonic clock.
        package var time: Int64
        /// Sessions of all frontends now.
        package var sessions = 0
        /// Messages committed since the start.
        package var accepted = 0
        /// Recipients delivered since the start.
        package var sent = 0
        /// Recipients deferred since the start.
        package var deferred = 0
        /// Recipients bounced since the start.
        package var bounced = 0
        /// Messages in the queue now.
        package var queued = 0
        /// How long commits took since the start.
        package var commits = LatencyHistogram.Snapshot()
        /// Screening's counters by name, summed over pools.
        package var verdicts: [String: Int] = [:]

        /// Totals that are still to be filled in.
        package init(time: Int64) {
            self.time = time
        }
    }

    /// What happened between two readings.
    package struct Sample: Sendable, Equatable {
        /// At the end of the interval.
        package var sessions = 0
        /// Messages in the queue at the end of the interval.
        package var queued = 0
        /// Messages and recipients in the interval.
        package var accepted = 0
        /// Recipients delivered in the interval.
        package var sent = 0
        /// Recipients deferred in the interval.
        package var deferred = 0
        /// Recipients bounced in the interval.
        package var bounced = 0
        /// Microseconds; nil when nothing was committed.
        package var typicalCommit: Int?
        /// Microseconds that one commit in a hundred exceeded; nil when nothing was committed.
        package var slowCommit: Int?
        /// Screening's counters by name, in the interval, at most 24 names.
        package var verdicts: [String: Int] = [:]

        package init() {}
    }

    private struct State {
        var samples: [Sample] = []
        var last: Reading?
        var names: [String] = []
    }

    /// Seconds between two readings, and how many samples are kept: half an hour.
    package static let interval = 5
    /// Samples that are kept.
    package static let limit = 360
    /// Verdicts that are told apart.
    private static let nameLimit = 24

    private let state = Mutex(State())

    package init() {}

    /// Takes the totals of now; the first only begins the row.
    package func add(_ reading: Reading) {
        state.withLock { state in
            defer { state.last = reading }
            for name in reading.verdicts.keys.sorted() where !state.names.contains(name) {
                if state.names.count < Self.nameLimit { state.names.append(name) }
            }
            guard let last = state.last else { return }
            var sample = Sample()
            sample.sessions = reading.sessions
            sample.queued = reading.queued
            sample.accepted = max(0, reading.accepted &- last.accepted)
            sample.sent = max(0, reading.sent &- last.sent)
            sample.deferred = max(0, reading.deferred &- last.deferred)
            sample.bounced = max(0, reading.bounced &- last.bounced)
            let commits = reading.commits.since(last.commits)
            sample.typicalCommit = commits.quantile(0.5)
            sample.slowCommit = commits.quantile(0.99)
            for (name, value) in reading.verdicts where state.names.contains(name) {
                let difference = max(0, value &- (last.verdicts[name] ?? 0))
                if difference > 0 { sample.verdicts[name] = difference }
            }
            state.samples.append(sample)
            if state.samples.count > Self.limit { state.samples.removeFirst(state.samples.count - Self.limit) }
        }
    }

    /// The samples, oldest first, and the names of verdicts seen.
    package var current: (samples: [Sample], names: [String]) {
        state.withLock { ($0.samples, $0.names) }
    }
}
