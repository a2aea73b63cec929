// SPDX-License-Identifier: Apache-2.0

/// When a deferred recipient is tried again, and when it has waited for too long (Postfix: qmgr_active_defer).
package struct Backoff: Sendable {
    /// Milliseconds.
    var minimum: Int
    var maximum: Int

    /// Takes minimal_backoff_time and maximal_backoff_time.
    package init(_ settings: DeliverySettings) {
        minimum = settings.minimalBackoff
        maximum = settings.maximalBackoff
    }

    /// The next attempt after a deferral now: as long again as the message has been waiting, within the limits.
    ///
    /// - Parameters: milliseconds since 1970.
    package func due(now: Int64, arrival: Int64) -> Int64 {
        let age = max(0, now.subtractingReportingOverflow(arrival).partialValue)
        return now + min(max(Int64(clamping: minimum), age), max(Int64(clamping: maximum), Int64(clamping: minimum)))
    }

    /// The wait after the `failures`-th failure in a row of the same thing: doubling, within the limits. Milliseconds.
    package func wait(afterFailures failures: Int) -> Int64 {
        let doublings = max(0, min(failures - 1, 20))
        let wait = Int64(clamping: minimum).multipliedReportingOverflow(by: Int64(1) << Int64(doublings))
        return min(wait.overflow ? .max : wait.partialValue, Int64(clamping: max(maximum, minimum)))
    }
}
