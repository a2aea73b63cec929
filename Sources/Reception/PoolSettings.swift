// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// One `pool` section: Postfix's parameters, with Postfix's defaults unless a comment says otherwise.
package struct PoolSettings: Sendable, Equatable {
    /// What happens to a line that ends in a bare LF (Postfix: smtpd_forbid_bare_newline).
    package enum BareNewline: String, Sendable, Equatable, CaseIterable {
        /// It ends a line, is stored as CRLF, and never ends the message.
        case normalize
        /// 550 5.5.2 after the message, or at the command.
        case reject
    }

    /// Of the section: `pool NAME`.
    package var name: String
    /// myhostname: the name in the banner, replies and trace headers. Default: `global hostname`.
    package var hostname = "localhost"
    /// smtpd_banner, `$myhostname` already replaced; nil: `HOSTNAME ESMTP relaybox`.
    package var banner: String?
    /// syslog_name: the first part of the log identifier.
    package var syslogName = "relaybox"
    /// postscreen_access_list: judged before the greeting; empty: clients are not looked up, and nothing is logged of it.
    package var accessList: [AccessRule] = []
    /// postscreen_denylist_action: what becomes of clients that the access list rejects.
    package var denylistAction = DenylistAction.ignore
    /// smtpd_*_restrictions and what belongs to them.
    package var restrictions = RestrictionSettings()
    /// mynetworks: clients that may relay anywhere, judged by the proxied address.
    package var networks: [AddressRange] = []
    /// relay_domains: domains anybody may send to; lower case; a leading dot covers subdomains.
    package var relayDomains: [String] = []
    /// message_size_limit, bytes; 0: none.
    package var messageSizeLimit = 10_240_000
    /// smtpd_recipient_limit: accepted recipients a message.
    package var recipientLimit = 1_000
    /// line_length_limit: bytes of a command line with its line end.
    package var lineLengthLimit = 2_048
    /// smtpd_timeout: milliseconds a client may take for a command or for more data. Postfix: 300s.
    package var timeout = 300_000
    /// Milliseconds a client may take for one whole command line, whatever it trickles.
    package var commandDeadline = 300_000
    /// smtpd_soft_error_limit and smtpd_hard_error_limit.
    package var softErrorLimit = 10
    /// smtpd_hard_error_limit: errors after which the session ends.
    package var hardErrorLimit = 20
    /// smtpd_error_sleep_time, milliseconds, above the soft limit.
    package var errorSleepTime = 1_000
    /// smtpd_junk_command_limit: NOOP, VRFY, RSET, HELP and repeated HELO without mail.
    package var junkCommandLimit = 100
    /// hopcount_limit: Received headers of a message that is not looping.
    package var hopcountLimit = 50
    /// header_size_limit: bytes of one header that are looked at.
    package var headerSizeLimit = 102_400
    /// smtpd_helo_required.
    package var heloRequired = false
    /// disable_vrfy_command.
    package var disablesVerify = false
    /// smtpd_forbidden_commands, in upper case.
    package var forbiddenCommands = ["CONNECT", "GET", "POST"]
    /// smtpd_forbid_bare_newline.
    package var bareNewline = BareNewline.normalize
    /// smtpd_forbid_unauth_pipelining: input beyond a point where the client must wait ends the session with 554 5.5.0.
    package var forbidsUnauthorisedPipelining = true
    /// smtpd_client_connection_count_limit: sessions at once of one client; 0: none.
    package var clientConnectionLimit = 50
    /// Sessions of this pool at once; further clients get 421 4.3.2.
    package var sessionLimit = 20_000
    /// Milliseconds a commit may take before the client gets 451 instead of a late 250 (RFC 5321 4.5.3.2.6: 10 minutes).
    package var commitDeadline = 300_000
    /// The postscreen_ parameters.
    package var screening = ScreeningSettings()
    /// smtpd_milters, content_filter, smtpd_proxy_filter and what belongs to them.
    package var filters = FilterSettings()
    /// smtpd_tls_*.
    package var tls = PoolTLSSettings()

    /// A pool with Postfix's defaults and nobody to relay for.
    package init(name: String) {
        self.name = name
    }
}
