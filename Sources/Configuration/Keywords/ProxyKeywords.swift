// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The words of `defaults`, `frontend`, `backend` and `listen`, and those that hold on both sides.
enum ProxyKeywords {
    static let table = KeywordTable<ProxyDraft>([
        FrontendKeywords.working, BackendKeywords.working, working, options, CheckKeywords.working,
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
        Keyword(
            "log",
            "global",
            default: "off",
            in: .proxies,
            "Sessions are logged to the targets of 'global'; 'no log' takes it back",
            negatable: true,
            repeatable: true
        ) { proxy, words throws(Finding) in
            guard !words.isNegated else {
                proxy.logs = false
                return
            }
            let word = try words.next("'global'")
            proxy.logs = true
            guard word.text != "global" else { return }
            _ = try LogNotation.target(word, &words)
            words.warn(
                at: word,
                "log targets of a section are not supported by this version; those of 'global' are used"
            )
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
            "The last attempt to connect goes to another server",
            negatable: true
        ) { proxy, words throws(Finding) in
            if words.peek != nil {
                let interval = try words.next("a number")
                if interval.text != "-1" {
                    words.warn(at: interval, "the interval is ignored: only the last attempt goes to another server")
                }
            }
            proxy.backend.redispatches = !words.isNegated
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
