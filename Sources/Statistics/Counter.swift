// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A number that many event loops change and one reader prints; relaxed, because nobody orders anything by it.
package final class Counter: Sendable {
    private let storage = Atomic<Int>(0)

    package init() {}

    /// What the counter stands at.
    package var value: Int { storage.load(ordering: .relaxed) }

    /// Adds `amount` and returns the new value.
    @discardableResult
    package func add(_ amount: Int = 1) -> Int {
        storage.wrappingAdd(amount, ordering: .relaxed).newValue
    }

    /// Replaces the value: for gauges that are measured, not counted.
    package func set(_ value: Int) {
        storage.store(value, ordering: .relaxed)
    }

    /// Keeps the larger of the counter and `candidate`: for high-water marks.
    package func raise(to candidate: Int) {
        var current = storage.load(ordering: .relaxed)
        while candidate > current {
            let result = storage.compareExchange(expected: current, desired: candidate, ordering: .relaxed)
            if result.exchanged { return }
            current = result.original
        }
    }
}
