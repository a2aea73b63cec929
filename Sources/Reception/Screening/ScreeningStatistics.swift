// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What a pool's screening counts: how clients were judged, and how many wait for it now.
package final class ScreeningStatistics: Sendable {
    /// Connections that wait for their greeting now, at most, in total.
    package let parked = Gauge()
    /// Connections that screening holds: parked ones, and sessions whose tests are not over.
    package let screened = Gauge()
    /// Clients that passed every test for the first time, and those whose earlier results still count.
    package let passedNew = Counter()
    /// Clients whose earlier results still count.
    package let passedOld = Counter()
    /// Clients that the access list permits or rejects.
    package let allowlisted = Counter()
    /// Clients that the access list rejects.
    package let denylisted = Counter()
    /// Clients that spoke before the greeting, or that lists gave a score at or above the threshold.
    package let pregreeted = Counter()
    /// Clients that lists gave a score at or above the threshold.
    package let blocklisted = Counter()
    /// Clients that failed a test of the live session.
    package let pipelined = Counter()
    /// Clients that did not speak SMTP.
    package let nonSMTPCommands = Counter()
    /// Clients that ended a line in a bare LF.
    package let bareNewlines = Counter()
    /// Clients that went away during a test.
    package let hangups = Counter()
    /// Clients cut by a limit of screening: time, count or length of commands.
    package let limited = Counter()
    /// Clients turned away because screening, the pool, or their own share of it was full.
    package let turnedAway = Counter()
    /// Recipients refused to clients that had failed a test.
    package let rejected = Counter()
    /// Questions to lists that were not answered, in time or at all, or that a list refused to answer.
    package let blocklistFailures = Counter()
    /// 1 while the pool is under stress.
    package let stress = Counter()
    /// Clients in the temporary allowlist.
    package let remembered = Counter()

    package init() {}

    /// A client failed a test.
    func failed(_ test: ScreeningTest) {
        switch test {
        case .pregreet: pregreeted.add()
        case .blocklist: blocklisted.add()
        case .pipelining: pipelined.add()
        case .nonSMTPCommand: nonSMTPCommands.add()
        case .bareNewline: bareNewlines.add()
        }
    }
}
