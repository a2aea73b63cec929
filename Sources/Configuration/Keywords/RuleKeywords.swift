// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The words that decide who is admitted and where connections go (HAProxy configuration manual 4.2 and 7).
enum RuleKeywords {
    /// Lines of a section, so that a file cannot make every connection slow.
    private static let maximumLines = 1_000

    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "acl",
            "NAME FETCH [FLAG...] [VALUE...]",
            in: [.frontend, .backend, .listen],
            "A condition with a name; lines with the same name are alternatives",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            let name = try words.next("a name and what to ask, such as 'src'")
            guard name.text.isProxyName, name.text != "or" else {
                throw Finding(
                    at: name,
                    "\(name.shown) is no name for an acl: use letters, digits, '-', '_', '.' and ':'"
                )
            }
            let fetch = try words.next("what to ask, such as 'src', after the name")
            let test = try ConditionNotation.test(fetch, words.rest())
            guard proxy.rules.acls.count < maximumLines else {
                throw Finding(at: words.keyword, "a section has at most \(maximumLines) 'acl' lines")
            }
            proxy.rules.acls.append(RuleDraft.Acl(name: name, test: test))
        },
        Keyword(
            "tcp-request connection",
            "ACTION [if CONDITION | unless CONDITION]",
            in: [.frontend, .listen],
            "Judges the peer of a connection before anything is read of it: accept, reject, silent-drop, expect-proxy layer4,"
                + " track-sc0 src [table TABLE], sc-inc-gpc0(NUMBER), sc-set-gpt0(NUMBER) VALUE; the first that decides counts",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            try add(.connection, to: &proxy, &words)
        },
        Keyword(
            "tcp-request session",
            "ACTION [if CONDITION | unless CONDITION]",
            in: [.frontend, .listen],
            "Judges the client that the PROXY header names, once there is one, with the same actions",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            try add(.session, to: &proxy, &words)
        },
        Keyword(
            "tcp-request content",
            "ACTION [if CONDITION | unless CONDITION]",
            in: [.frontend, .backend, .listen],
            "Judges a session, also by what the client sends within the time of 'tcp-request inspect-delay'",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            try add(.content, to: &proxy, &words)
        },
        Keyword(
            "tcp-request inspect-delay",
            "TIME",
            default: "none",
            in: [.frontend, .backend, .listen],
            "How long 'tcp-request content' may wait for what the client sends; everybody else waits as long"
        ) { proxy, words throws(Finding) in
            proxy.rules.inspectDelay = try words.timeout()
        },
        Keyword(
            "use_backend",
            "NAME [if CONDITION | unless CONDITION]",
            in: [.frontend, .listen],
            "The backend of the sessions for which the condition holds; the first line that fits counts",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            let text = "use_backend \(words.joined)"
            let name = try words.next("the name of a backend")
            guard !name.text.contains("%[") else {
                throw Finding(at: name, "names that are made up for each connection are not supported by this version")
            }
            guard proxy.rules.switches.count < maximumLines else {
                throw Finding(at: words.keyword, "a section has at most \(maximumLines) 'use_backend' lines")
            }
            let branching = try ConditionNotation.read(&words)
            proxy.rules.switches.append(RuleDraft.Switch(backend: name, branching: branching, text: text))
        },
    ]

    private static func add(
        _ stage: RuleDraft.Stage,
        to proxy: inout ProxyDraft,
        _ words: inout Arguments
    ) throws(Finding) {
        let text = "\(words.name) \(words.joined)"
        let place = words.keyword
        let doing = try ActionNotation.read(&words, stage)
        let branching = try ConditionNotation.read(&words)
        guard proxy.rules.lines.count < maximumLines else {
            throw Finding(at: place, "a section has at most \(maximumLines) 'tcp-request' lines")
        }
        proxy.rules.lines.append(
            RuleDraft.Line(stage: stage, doing: doing, branching: branching, text: text, place: place)
        )
    }
}
