// SPDX-License-Identifier: Apache-2.0

/// Owns the events of the current and the last period: HAProxy's sliding rate over a period, such as `conn_rate(10s)`.
///
/// Times and periods are milliseconds of one monotonic clock.
package struct FrequencyCounter: Sendable, Equatable {
    private var began: Int64 = 0
    private var current = 0
    private var previous = 0

    package init() {}

    /// Counts `count` events now. A sum stops at 2^32 - 1, a period at 2^31 - 1 ms.
    package mutating func add(_ count: Int = 1, at now: Int64, period: Int) {
        let period = FrequencyCounter.clamped(period: period)
        let age = now - began
        if age >= period {
            previous = age < 2 * period ? current : 0
            current = 0
            began = age < 2 * period ? began + period : now
        }
        current = min(current + FrequencyCounter.clamped(count), Int(UInt32.max))
    }

    /// The events of the period before `now`, the last period's in proportion; a single one counts until it is over.
    package func rate(at now: Int64, period: Int) -> Int {
        let period = FrequencyCounter.clamped(period: period)
        var (past, present) = (previous, current)
        var remaining = began + period - now
        if remaining < 0 {
            remaining += period
            past = remaining >= 0 ? current : 0
            present = 0
        }
        if past <= 1, present == 0 { return past }
        // Counts have 32 bits and periods 31, so the sum of two products fits.
        let left = UInt64(max(0, min(period, remaining)))
        return Int((UInt64(past) * left + UInt64(present) * UInt64(period)) / UInt64(period))
    }

    /// Makes the rate what an operator says.
    package mutating func set(_ count: Int, at now: Int64) {
        (began, current, previous) = (now, FrequencyCounter.clamped(count), 0)
    }

    private static func clamped(_ count: Int) -> Int { min(max(0, count), Int(UInt32.max)) }

    private static func clamped(period: Int) -> Int64 { Int64(min(max(1, period), Int(Int32.max))) }
}
