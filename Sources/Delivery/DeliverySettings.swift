// SPDX-License-Identifier: Apache-2.0

/// The delivery half of the `queue` section: Postfix's parameters and defaults. All times are milliseconds.
package struct DeliverySettings: Sendable, Equatable {
    /// Where mail goes.
    package struct NextHop: Sendable, Equatable, Hashable {
        /// An IP address, or a host name that is looked up for addresses only (brackets in `relayhost`).
        package var host: String
        package var port: Int

        package init(host: String, port: Int = 25) {
            self.host = host
            self.port = port
        }
    }

    /// relayhost; nil: nothing is delivered, mail waits in the queue and the check warns.
    package var relayHost: NextHop?
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
    package var maximalBackoff = 4_000_000
    package var lifetime = 432_000_000
    package var reportLifetime = 432_000_000
    /// queue_run_delay: how often the store is asked for due mail at the latest.
    package var queueRunDelay = 300_000
    /// bounce_size_limit: bytes of the original that a report quotes.
    package var bounceSizeLimit = 50_000
    /// smtp_connect_timeout, smtp_helo_timeout (greeting and EHLO), and so on: RFC 5321 4.5.3.2.
    package var connectTimeout = 30_000
    package var greetingTimeout = 300_000
    package var helloTimeout = 300_000
    package var mailTimeout = 300_000
    package var recipientTimeout = 300_000
    package var dataInitTimeout = 120_000
    package var dataTransferTimeout = 180_000
    package var dataDoneTimeout = 600_000
    /// At most 5 s are really spent on it.
    package var quitTimeout = 300_000
    /// smtp_rset_timeout.
    package var resetTimeout = 20_000
    /// smtp_connection_reuse_time_limit and how long an idle connection is kept for the next message.
    package var connectionReuseLimit = 300_000
    package var connectionIdleTime = 2_000
    /// smtp_tls_*.
    package var tls = DeliveryTLSSettings()
    /// Bytes of one reply, all lines together; a longer one is a protocol error.
    package var replySizeLimit = 16_384

    package init() {}
}
