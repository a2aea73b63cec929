// SPDX-License-Identifier: Apache-2.0

/// Averages of a session's times over about the last 1024 sessions, and their maxima, in milliseconds (qtime, ctime, ttime).
struct Averages: Sendable {
    private static let window = 1_024

    private var count = 0
    private var means = (queue: 0.0, connect: 0.0, total: 0.0)
    private(set) var maxima = (queue: 0, connect: 0, total: 0)

    /// Takes one session in; -1 for a stage that was not reached.
    mutating func add(queue: Int, connect: Int, total: Int) {
        let (queue, connect, total) = (max(0, queue), max(0, connect), max(0, total))
        count = min(count + 1, Averages.window)
        means.queue += (Double(queue) - means.queue) / Double(count)
        means.connect += (Double(connect) - means.connect) / Double(count)
        means.total += (Double(total) - means.total) / Double(count)
        maxima.queue = max(maxima.queue, queue)
        maxima.connect = max(maxima.connect, connect)
        maxima.total = max(maxima.total, total)
    }

    var current: (queue: Int, connect: Int, total: Int) {
        (Int(means.queue.rounded()), Int(means.connect.rounded()), Int(means.total.rounded()))
    }
}
