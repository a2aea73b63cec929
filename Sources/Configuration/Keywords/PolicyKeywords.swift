// SPDX-License-Identifier: Apache-2.0

import Reception

/// The words of `pool` about the services of `check_policy_service` (Postfix: SMTPD_POLICY_README).
enum PolicyKeywords {
    static let all: [Keyword<PoolDraft>] = [
        .time(
            "smtpd_policy_service_timeout",
            \.settings.restrictions.policies.timeout,
            of: standard,
            "How long connecting to a policy service may take, and each of its answers"
        ),
        .time(
            "smtpd_policy_service_max_idle",
            \.settings.restrictions.policies.idleTime,
            of: standard,
            "A connection on which nothing was asked for this long is closed"
        ),
        .time(
            "smtpd_policy_service_max_ttl",
            \.settings.restrictions.policies.lifetime,
            of: standard,
            "A connection this old is asked nothing more"
        ),
        .number(
            "smtpd_policy_service_request_limit",
            \.settings.restrictions.policies.requestLimit,
            of: standard,
            in: 0...1_000_000,
            "Questions on one connection; 0: no limit"
        ),
        .number(
            "smtpd_policy_service_try_limit",
            \.settings.restrictions.policies.tryLimit,
            of: standard,
            in: 1...10,
            "Tries to get one answer, smtpd_policy_service_retry_delay apart"
        ),
        .time(
            "smtpd_policy_service_retry_delay",
            \.settings.restrictions.policies.retryDelay,
            of: standard,
            "The pause between two tries to get an answer"
        ),
        Keyword(
            "smtpd_policy_service_default_action",
            "ACTION",
            default: standard.settings.restrictions.policies.defaultAction,
            "What counts when a policy service gives no answer, written as in an access table; DUNNO lets mail pass"
        ) { pool, words throws(Finding) in
            let first = try words.next("an action such as DUNNO")
            let text = ([first] + words.rest()).map(\.text).joined(separator: " ")
            pool.settings.restrictions.policies.defaultAction = try PolicyNotation.action(first, text: text)
        },
        Keyword(
            "smtpd_policy_service_policy_context",
            "TEXT",
            default: "none",
            "What policy services get as policy_context, to tell pools apart"
        ) { pool, words throws(Finding) in
            pool.settings.restrictions.policies.context = words.rest().map(\.text).joined(separator: " ")
        },
    ]

    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )
}
