// SPDX-License-Identifier: Apache-2.0

import Reception

/// The words of `pool` that limit how often one client may do something (Postfix: anvil, TUNING_README).
enum RateKeywords {
    static let all: [Keyword<PoolDraft>] = [
        rate("smtpd_client_connection_rate_limit", \.settings.restrictions.rates.connections, "Connections"),
        rate("smtpd_client_message_rate_limit", \.settings.restrictions.rates.messages, "MAIL commands"),
        rate("smtpd_client_recipient_rate_limit", \.settings.restrictions.rates.recipients, "RCPT commands"),
        rate("smtpd_client_new_tls_session_rate_limit", \.settings.restrictions.rates.tlsSessions, "TLS sessions"),
        .time(
            "anvil_rate_time_unit",
            \.settings.restrictions.rates.unit,
            of: standard,
            to: 86_400_000,
            "The time in which a client's events are counted"
        ),
        Keyword(
            "smtpd_client_event_limit_exceptions",
            "NETWORK...",
            default: "$mynetworks",
            "Clients that no limit of connections, messages, recipients and TLS sessions holds for"
        ) { pool, words throws(Finding) in
            pool.settings.restrictions.rates.exceptions = []
            for item in try words.list("networks such as 192.0.2.0/24") {
                do throws(Finding) {
                    pool.settings.restrictions.rates.exceptions?.append(try NetworkList.range(item))
                } catch { words.findings.append(error) }
            }
        },
    ]

    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )

    private static func rate(_ name: String, _ path: Keyword<PoolDraft>.Path<Int>, _ what: String) -> Keyword<PoolDraft>
    {
        .number(
            name,
            path,
            of: standard,
            in: 0...1_000_000_000,
            "\(what) of one client in anvil_rate_time_unit; 0: no limit"
        )
    }
}
