// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// How often one client may do something (Postfix: smtpd_client_*_rate_limit, anvil); 0: no limit.
package struct RateSettings: Sendable, Equatable {
    /// smtpd_client_connection_rate_limit
    package var connections = 0
    /// smtpd_client_message_rate_limit: MAIL commands.
    package var messages = 0
    /// smtpd_client_recipient_rate_limit: RCPT commands.
    package var recipients = 0
    /// smtpd_client_new_tls_session_rate_limit
    package var tlsSessions = 0
    /// anvil_rate_time_unit: milliseconds after which counting begins anew.
    package var unit = 60_000
    /// smtpd_client_event_limit_exceptions; nil: mynetworks.
    package var exceptions: [AddressRange]?

    package init() {}

    /// Whether anything is counted.
    var isOn: Bool { connections > 0 || messages > 0 || recipients > 0 || tlsSessions > 0 }
}
