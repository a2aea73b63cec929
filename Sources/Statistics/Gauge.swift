// SPDX-License-Identifier: Apache-2.0

/// How many of something there are now, were at most at once, and have been in total.
package final class Gauge: Sendable {
    private let now = Counter()
    private let highest = Counter()
    private let all = Counter()

    package init() {}

    /// How many there are at the moment.
    package var current: Int { now.value }
    /// The most there have been at one moment.
    package var maximum: Int { highest.value }
    /// How many have ever entered.
    package var total: Int { all.value }

    /// One more; returns how many there are now.
    @discardableResult
    package func enter() -> Int {
        all.add()
        let count = now.add()
        highest.raise(to: count)
        return count
    }

    /// One less.
    package func leave() {
        now.add(-1)
    }

    /// Forgets the highest count: `clear counters` (HAProxy management guide 9.3).
    package func clearMaximum() {
        highest.set(now.value)
        // Who entered in between has raised what was just replaced.
        highest.raise(to: now.value)
    }

    /// Forgets the highest count and the total; what is there now stays.
    package func clear() {
        clearMaximum()
        all.set(0)
    }
}
