// SPDX-License-Identifier: Apache-2.0

package import Resolving

/// What becomes of a client that fails a test (Postfix: postscreen_*_action).
package enum ScreeningAction: String, Sendable, Equatable, CaseIterable {
    /// It is logged, and goes on.
    case ignore
    /// It may talk, and every recipient is refused.
    case enforce
    /// It gets a 521 reply and is cut.
    case drop
}

/// A time that is shorter while the pool is under stress, in milliseconds: `${stress?{2}:{6}}s`.
package struct StressTime: Sendable, Equatable {
    /// Milliseconds.
    package var normal: Int
    /// Milliseconds under stress.
    package var stress: Int

    /// Both in milliseconds; equal where stress changes nothing.
    package init(normal: Int, stress: Int) {
        self.normal = normal
        self.stress = stress
    }
}

/// The parameters of Postfix's postscreen(8) that a pool has, with Postfix's defaults unless a comment says otherwise.
package struct ScreeningSettings: Sendable, Equatable {
    /// A test of the live session.
    package struct DeepTest: Sendable, Equatable {
        /// Whether it is made, and what becomes of a client that fails it.
        package var isEnabled = false
        /// What becomes of a client that fails it.
        package var action: ScreeningAction
        /// Milliseconds a passed test counts.
        package var ttl = 2_592_000_000

        /// A test that is off unless it says otherwise.
        package init(isEnabled: Bool = false, action: ScreeningAction) {
            self.isEnabled = isEnabled
            self.action = action
        }
    }

    /// Whether any parameter but the access list's was given; a pool without one screens nobody.
    package var isEnabled = false

    /// postscreen_greet_wait: how long a client may not speak, milliseconds; 0: the test is off.
    package var greetWait = StressTime(normal: 6_000, stress: 2_000)
    /// postscreen_greet_banner: the text of the teaser; nil: smtpd_banner; empty: the test is off.
    package var greetBanner: String?
    /// postscreen_greet_action.
    package var greetAction = ScreeningAction.ignore
    /// postscreen_greet_ttl, milliseconds.
    package var greetTTL = 86_400_000

    /// postscreen_dnsbl_sites.
    package var blocklistSites: [BlocklistSite] = []
    /// postscreen_dnsbl_threshold: the score that fails.
    package var blocklistThreshold = 1
    /// postscreen_dnsbl_allowlist_threshold: the score at or below which all other tests are passed; 0: none is.
    package var allowlistThreshold = 0
    /// postscreen_dnsbl_action.
    package var blocklistAction = ScreeningAction.ignore
    /// postscreen_dnsbl_timeout, milliseconds.
    package var blocklistTimeout = 10_000
    /// postscreen_dnsbl_min_ttl and postscreen_dnsbl_max_ttl: how long a passed test counts, milliseconds.
    package var blocklistMinimumTTL = 60_000
    /// postscreen_dnsbl_max_ttl, milliseconds.
    package var blocklistMaximumTTL = 3_600_000
    /// postscreen_dnsbl_reply_map: what replies name a list, by its domain.
    package var blocklistNames: [String: String] = [:]
    /// The file of postscreen_dnsbl_reply_map; nil: none.
    package var blocklistNamesFile: String?

    /// postscreen_pipelining_*, postscreen_non_smtp_command_*, postscreen_bare_newline_*.
    package var pipelining = DeepTest(action: .enforce)
    /// postscreen_non_smtp_command_*.
    package var nonSMTPCommand = DeepTest(action: .drop)
    /// postscreen_bare_newline_*.
    package var bareNewline = DeepTest(action: .ignore)
    /// postscreen_forbidden_commands, in upper case.
    package var forbiddenCommands = ["CONNECT", "GET", "POST"]
    /// Whether a command that does not begin with a letter is forbidden too: regexp:{{/^[^A-Z]/ Bogus}}.
    package var forbidsNonLetters = true

    /// postscreen_command_count_limit, commands of a session whose tests are not over.
    package var commandLimit = 20
    /// postscreen_command_time_limit, milliseconds a command line of such a session.
    package var commandTime = StressTime(normal: 300_000, stress: 10_000)
    /// postscreen_pre_queue_limit: connections that screening holds at once. Postfix: default_process_limit, 100, because
    /// each of them may need a process; here one that waits costs less than 2 KB.
    package var preQueueLimit = 10_000
    /// postscreen_client_connection_count_limit: connections of one client that screening holds; nil: as
    /// smtpd_client_connection_count_limit; 0: no limit.
    package var clientConnectionLimit: Int?

    /// postscreen_cache_map: where the temporary allowlist is kept; nil: beside the queue; empty: in memory alone.
    package var cacheFile: String?
    /// postscreen_cache_cleanup_interval and postscreen_cache_retention_time, milliseconds.
    package var cacheCleanupInterval = 43_200_000
    /// postscreen_cache_retention_time, milliseconds: how long a result that has ended is kept.
    package var cacheRetentionTime = 604_800_000
    /// Clients that the cache remembers at most; those whose results end first are forgotten first.
    package var cacheLimit = 200_000

    package init() {}
}
