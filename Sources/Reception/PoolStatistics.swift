// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// What a pool counts.
package final class PoolStatistics: Sendable {
    /// Sessions now, at most, in total.
    package let sessions = Gauge()
    /// Messages committed, and their bytes.
    package let messages = Counter()
    /// Bytes of messages committed, as stored.
    package let bytes = Counter()
    /// Recipients refused.
    package let rejected = Counter()
    /// Messages refused because they could not be stored.
    package let storageFailures = Counter()
    /// Sessions ended by a limit: too many errors, silence, no synchronisation, an endless command.
    package let tooManyErrors = Counter()
    /// Sessions ended by silence.
    package let timeouts = Counter()
    /// Sessions ended because the client did not wait where it must.
    package let outOfSync = Counter()
    /// Sessions ended by a command line without end.
    package let overlongCommands = Counter()
    /// Lines that ended in a bare LF.
    package let bareNewlines = Counter()
    /// Clients turned away: too many sessions of one client, or of all.
    package let turnedAway = Counter()
    /// Connections without a valid header in front.
    package let headerErrors = Counter()
    /// Sessions that were encrypted, and handshakes that failed.
    package let encryptedSessions = Counter()
    /// Handshakes that failed.
    package let handshakeFailures = Counter()
    /// Sessions lost without QUIT.
    package let lostConnections = Counter()

    /// What screening counts.
    package let screening = ScreeningStatistics()
    /// Block lists and policy services that restrictions asked in vain, or whose answer could not be followed.
    package let restrictionTroubles = Counter()
    /// Commands and messages that filters refused, held or threw away.
    package let filtered = Counter()

    package init() {}
}
