// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// What the spool counts and how it feels.
package final class SpoolStatistics: Sendable {
    /// Whether the spool takes new mail, and if not, why.
    package enum Health: Sendable, Equatable {
        case ok
        /// Nothing new is accepted; the text says why.
        case shedding(String)
    }

    /// Messages committed, removed, and in the queue now.
    package let committed = Counter()
    /// Messages that left the queue: delivered, bounced or deleted.
    package let removed = Counter()
    /// Messages in the queue now; counted at the start, then kept.
    package let queued = Counter()
    /// Transactions, and the messages and outcomes in them.
    package let batches = Counter()
    /// Messages and outcomes in all transactions: divided by `batches` it is the size of a group.
    package let batchItems = Counter()
    /// Microseconds spent in transactions and syncs altogether, and in the slowest one.
    package let commitMicroseconds = Counter()
    /// Microseconds of the slowest transaction with its sync.
    package let slowestCommitMicroseconds = Counter()
    /// How long transactions with their sync took.
    package let commitLatency = LatencyHistogram()
    /// Commits that failed.
    package let failures = Counter()

    private let state = Mutex(Health.ok)

    package init() {}

    /// The spool's health now.
    package var health: Health { state.withLock { $0 } }

    /// Sets the health; returns the former one, so that a change can be logged once.
    @discardableResult
    package func change(health: Health) -> Health {
        state.withLock { current in
            let former = current
            current = health
            return former
        }
    }
}
