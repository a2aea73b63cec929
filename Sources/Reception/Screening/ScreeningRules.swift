// SPDX-License-Identifier: Apache-2.0

/// What the screening machine must know of a pool's settings: one object for all clients, in seconds.
package final class ScreeningRules: Sendable {
    /// The tests that clients must pass.
    let tests: ScreeningTests
    let threshold: Int
    let allowlistThreshold: Int
    private let minimumTTL: Int64
    private let maximumTTL: Int64
    private let actions: [ScreeningAction]
    private let lifetimes: [Int64]

    /// Tests that nothing is known to do for are left out: a pool without lists has no list test.
    package init(_ settings: ScreeningSettings) {
        var tests: ScreeningTests = []
        if settings.greetBanner != "", settings.greetWait.normal > 0 { tests.insert(.pregreet) }
        if !settings.blocklistSites.isEmpty { tests.insert(.blocklist) }
        if settings.pipelining.isEnabled { tests.insert(.pipelining) }
        if settings.nonSMTPCommand.isEnabled { tests.insert(.nonSMTPCommand) }
        if settings.bareNewline.isEnabled { tests.insert(.bareNewline) }
        self.tests = tests
        threshold = settings.blocklistThreshold
        allowlistThreshold = settings.allowlistThreshold
        minimumTTL = Int64(settings.blocklistMinimumTTL) / 1_000
        maximumTTL = max(minimumTTL, Int64(settings.blocklistMaximumTTL) / 1_000)
        actions = [
            settings.greetAction, settings.blocklistAction, settings.pipelining.action,
            settings.nonSMTPCommand.action, settings.bareNewline.action,
        ]
        lifetimes = [
            settings.greetTTL, 0, settings.pipelining.ttl, settings.nonSMTPCommand.ttl, settings.bareNewline.ttl,
        ].map { Int64($0) / 1_000 }
    }

    func action(for test: ScreeningTest) -> ScreeningAction { actions[test.rawValue] }

    /// When a test that is passed now must be passed again, seconds since 1970.
    func expiry(of test: ScreeningTest, at now: Int64) -> UInt32 {
        UInt32(clamping: now + lifetimes[test.rawValue])
    }

    /// The same for lists: what the DNS says, within bounds; the shortest time when some list has not answered.
    func expiry(of score: BlocklistScore, at now: Int64) -> UInt32 {
        let ttl = score.isComplete ? min(max(score.ttl, minimumTTL), maximumTTL) : minimumTTL
        return UInt32(clamping: now + ttl)
    }
}
