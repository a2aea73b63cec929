// SPDX-License-Identifier: Apache-2.0

/// When a server or a backend last changed, and how long it has been down in all (`lastchg` and `downtime` of `show stat`).
/// Times are milliseconds of the monotonic clock.
struct Downtime: Sendable {
    var changedAt: Int64
    private var since: Int64?
    private var past: Int64 = 0

    init(at now: Int64, isUp: Bool) {
        changedAt = now
        if !isUp { since = now }
    }

    /// Keeps the time of a change, if it is one.
    mutating func note(isUp: Bool, before wasUp: Bool, now: Int64) {
        guard isUp != wasUp else { return }
        changedAt = now
        past += since.map { now - $0 } ?? 0
        since = isUp ? nil : now
    }

    func total(at now: Int64) -> Int64 {
        past + (since.map { now - $0 } ?? 0)
    }
}
