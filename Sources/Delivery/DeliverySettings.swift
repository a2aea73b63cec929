// SPDX-License-Identifier: Apache-2.0

/// The delivery half of the `queue` section: Postfix's parameters and defaults. All times are milliseconds.
package struct DeliverySettings: Sendable, Equatable {
    /// Where mail goes.
    package struct NextHop: Sendable, Equatable, Hashable {
        /// How the servers behind a name are found.
        package enum Kind: Sendable, Equatable {
            /// The name is the server's own, looked up for addresses only (brackets in `relayhost`).
            case host
            /// The name is a domain somebody configured; its mail exchangers are the servers.
            case exchangers
            /// The name is a recipient's domain: where it does not exist, mail goes back to the sender.
            case domain
            /// The name is a content filter's host: like `host`, and no fallback relay stands in for it, because mail would
            /// pass without being filtered.
            case filter

            /// Whether the name is a server's own.
            var isHost: Bool {
                switch self {
                case .host, .filter: true
                case .exchangers, .domain: false
                }
            }
        }

        /// An IP address, a host name or a domain.
        package var host: String
        /// From 1 to 65535.
        package var port: Int
        /// How the servers behind `host` are found.
        package var kind: Kind

        /// A host of its own at port 25, unless it says otherwise.
        package init(host: String, port: Int = 25, kind: Kind = .host) {
            self.host = host
            self.port = port
            self.kind = kind
        }
    }

    /// relayhost; nil: mail goes to the mail exchangers of each recipient's domain.
    package var relayHost: NextHop?
    /// Which way mail goes where it does not all go to `relayHost`.
    package var routing = RoutingSettings()
    /// myhostname: the name in EHLO, reports and trace headers.
    package var hostname = "localhost"
    /// syslog_name: the first part of the log identifier.
    package var syslogName = "relaybox"
    /// smtp_destination_concurrency_limit: connections to one destination at once.
    package var concurrencyLimit = 20
    /// default_destination_recipient_limit: recipients in one transaction.
    package var recipientLimit = 50
    /// qmgr_message_active_limit: messages in memory for delivery.
    package var activeLimit = 20_000
    /// minimal_backoff_time, maximal_backoff_time, maximal_queue_lifetime, bounce_queue_lifetime.
    package var minimalBackoff = 300_000
    /// maximal_backoff_time: the longest wait between two attempts.
    package var maximalBackoff = 4_000_000
    /// maximal_queue_lifetime: a message is returned when it has waited for so long.
    package var lifetime = 432_000_000
    /// bounce_queue_lifetime: a report is given up when it has waited for so long.
    package var reportLifetime = 432_000_000
    /// queue_run_delay: how often the store is asked for due mail at the latest.
    package var queueRunDelay = 300_000
    /// bounce_size_limit: bytes of the original that a report quotes.
    package var bounceSizeLimit = 50_000
    /// smtp_connect_timeout, smtp_helo_timeout (greeting and EHLO), and so on: RFC 5321 4.5.3.2.
    package var connectTimeout = 30_000
    /// smtp_helo_timeout: the greeting.
    package var greetingTimeout = 300_000
    /// smtp_helo_timeout: EHLO, HELO.
    package var helloTimeout = 300_000
    /// smtp_mail_timeout: the answer to MAIL.
    package var mailTimeout = 300_000
    /// smtp_rcpt_timeout: the answer to each RCPT.
    package var recipientTimeout = 300_000
    /// smtp_data_init_timeout: the answer to DATA.
    package var dataInitTimeout = 120_000
    /// smtp_data_xfer_timeout: each time the server takes more of the body.
    package var dataTransferTimeout = 180_000
    /// smtp_data_done_timeout: the answer to the final dot.
    package var dataDoneTimeout = 600_000
    /// At most 5 s are really spent on it.
    package var quitTimeout = 300_000
    /// smtp_rset_timeout.
    package var resetTimeout = 20_000
    /// smtp_connection_reuse_time_limit and how long an idle connection is kept for the next message.
    package var connectionReuseLimit = 300_000
    /// Milliseconds an idle connection is kept for the next message.
    package var connectionIdleTime = 2_000
    /// smtp_tls_*.
    package var tls = DeliveryTLSSettings()
    /// Bytes of one reply, all lines together; a longer one is a protocol error.
    package var replySizeLimit = 16_384
    /// smtp_line_length_limit: longer lines of a message are broken by CRLF and a blank, bytes without the line's end; 0: no
    /// limit.
    package var lineLengthLimit = 998
    /// smtp_send_xforward_command: servers that offer XFORWARD are told of the client.
    package var sendsForwardedClient = false

    /// trace_history: log lines kept in memory for `trace`, all messages together.
    package var traceHistory = 20_000

    package init() {}
}
