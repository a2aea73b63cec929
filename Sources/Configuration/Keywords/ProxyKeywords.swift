// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The words of `defaults`, `frontend`, `backend` and `listen`, and those that hold on both sides.
enum ProxyKeywords {
    static let table = KeywordTable<ProxyDraft>([
        FrontendKeywords.working, BackendKeywords.working, LogKeywords.working, working, options, CheckKeywords.working,
        BalanceKeywords.working, SourceKeywords.working,
        RuleKeywords.working, ProxyHeaderKeywords.proxy, StickTableKeywords.working,
        RetiredProxyKeywords.all,
    ])

    private static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "mode",
            "tcp",
            default: "tcp",
            in: .proxies,
            "Every section is in mode tcp; one in 'mode http' is left out with a warning"
        ) { proxy, words throws(Finding) in
            // `mode http` never comes here: the whole section is left out before.
            _ = try words.choice([("tcp", true)])
            proxy.http = nil
        },
        Keyword("disabled", default: "off", in: .proxies, "The section opens nothing; its servers are in maintenance") {
            proxy,
            _ throws(Finding) in
            proxy.disabled = true
        },
        Keyword("enabled", in: .proxies, "Takes back a 'disabled' of 'defaults'") { proxy, _ throws(Finding) in
            proxy.disabled = false
        },
        Keyword("description", "TEXT...", in: .proxies, "A text for the reader") { _, words throws(Finding) in
            _ = words.rest()
        },
    ]

    private static let options: [Keyword<ProxyDraft>] = [
        Keyword(
            "option smtp",
            default: "on where a server is a pool",
            in: .proxies,
            "The section carries SMTP: a server that does not greet is passed over for another, and a client that cannot be"
                + " served, or loses its server, gets a reply instead of a bare close",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.backend.speaksSMTP = !words.isNegated
        },
        Keyword(
            "option redispatch",
            "[INTERVAL]",
            default: "off",
            in: .serverSide,
            "A further attempt to connect goes to another server: every INTERVALth, or below zero the last (-1), the one"
                + " before it (-2) and so on",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.backend.redispatches = !words.isNegated
            proxy.backend.redispatchInterval = words.peek == nil ? -1 : try words.integer(in: -100...100)
            if proxy.backend.redispatchInterval == 0 { proxy.backend.redispatches = false }
        },
        Keyword(
            "option log-health-checks",
            default: "off",
            in: .serverSide,
            "Every change of a check's result leaves a line, not only those that change the server's state",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.backend.logsHealthChecks = !words.isNegated
        },
    ]
}
