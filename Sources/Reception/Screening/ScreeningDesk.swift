// SPDX-License-Identifier: Apache-2.0

import Statistics
import Synchronization

/// What all screening of one pool shares across event loops and reloads: how many connections it holds, of whom, and whether
/// that is stress (Postfix: postscreen.c).
final class ScreeningDesk: Sendable {
    let clients = ClientCensus()
    private let statistics: ScreeningStatistics
    private let log: any LogSink
    private let isUnderStress = Mutex(false)

    init(statistics: ScreeningStatistics, log: any LogSink) {
        self.statistics = statistics
        self.log = log
    }

    /// Whether waits are short, because screening holds nearly as many connections as it may.
    var isStressed: Bool { statistics.stress.value > 0 }

    /// One more connection; false, and not counted, when screening holds `limit` already.
    func enter(limit: Int, identifier: String) -> Bool {
        let count = statistics.screened.enter()
        guard count <= limit else {
            statistics.screened.leave()
            return false
        }
        // why: Postfix's marks, nine tenths to enter stress and seven to leave it.
        if !isStressed, count >= max(1, limit / 10 * 9 + limit % 10 * 9 / 10) {
            change(to: true, count, identifier)
        }
        return true
    }

    /// One less.
    func leave(limit: Int, identifier: String) {
        statistics.screened.leave()
        let count = statistics.screened.current
        if isStressed, count <= limit / 10 * 7 + limit % 10 * 7 / 10 { change(to: false, count, identifier) }
    }

    private func change(to stress: Bool, _ count: Int, _ identifier: String) {
        let isNews = isUnderStress.withLock { current in
            guard current != stress else { return false }
            current = stress
            // why under the lock: were the number left behind, nobody would see a reason to change it any more.
            statistics.stress.set(stress ? 1 : 0)
            return true
        }
        guard isNews else { return }
        log.write(
            LogRecord(from: identifier, "\(stress ? "entering" : "leaving") STRESS mode with \(count) connections")
        )
    }
}
