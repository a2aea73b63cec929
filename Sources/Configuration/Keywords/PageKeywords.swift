// SPDX-License-Identifier: Apache-2.0

import Control

/// The words of a `listen` or `frontend` section in `mode http`: the page, metrics and health (HAProxy configuration manual
/// 4.2, `stats`).
enum PageKeywords {
    static let table = KeywordTable<ProxyDraft>([stats, http, connections, RetiredPageKeywords.all])

    /// The words that make a section in `mode http` a page; `stats enable` alone does.
    static func isPage(_ name: String) -> Bool {
        name.hasPrefix("stats ") || name == "monitor-uri" || name == "http-request use-service"
    }

    private static let stats: [Keyword<ProxyDraft>] = [
        Keyword("stats enable", default: "off", "There is a page", negatable: true) { proxy, words throws(Finding) in
            proxy.page.settings.hasPage = !words.isNegated
        },
        Keyword("stats uri", "PREFIX", default: "/haproxy?stats", "Where the page is; ';csv' and ';json' follow it") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.uri = try path(&words)
            proxy.page.settings.hasPage = true
        },
        Keyword(
            "stats refresh",
            "TIME",
            default: "none",
            "How often a browser without JavaScript loads the page again; with JavaScript it keeps itself up to date"
        ) { proxy, words throws(Finding) in
            let time = try words.time(unit: .seconds, in: 0...Quantity.longestTime)
            proxy.page.settings.refresh = time == 0 ? nil : max(1, time / 1_000)
            proxy.page.settings.hasPage = true
        },
        Keyword(
            "stats admin",
            "{if | unless} CONDITION",
            default: "nobody",
            "Who may drain servers and take them back",
            repeatable: true
        ) { proxy, words throws(Finding) in
            guard let condition = try PageNotation.condition(&words, proxy.page.lists) else {
                throw Finding(
                    at: words.keyword,
                    "'stats admin' needs 'if' or 'unless' and a condition such as LOCALHOST"
                )
            }
            proxy.page.settings.administrators.append(condition)
            proxy.page.administration = words.keyword
            proxy.page.settings.hasPage = true
        },
        Keyword(
            "stats auth",
            "USER:PASSWORD",
            default: "nobody is asked",
            "A name and a password that open the page; metrics and health do not ask",
            repeatable: true
        ) { proxy, words throws(Finding) in
            let word = try words.next("a name, a colon and a password")
            let parts = word.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw Finding(at: word, "'stats auth' takes a name, a colon and a password")
            }
            proxy.page.settings.users.append(.init(name: parts[0], password: parts[1]))
            proxy.page.settings.hasPage = true
        },
        Keyword("stats realm", "TEXT", default: "relaybox", "What the browser says when it asks for the password") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.realm = try words.next("a text").text
            proxy.page.settings.hasPage = true
        },
        Keyword("stats hide-version", default: "off", "The page does not tell the version", negatable: true) {
            proxy,
            words throws(Finding) in
            proxy.page.settings.hidesVersion = !words.isNegated
            proxy.page.settings.hasPage = true
        },
        Keyword(
            "stats show-legends",
            default: "off",
            "Everybody who sees the page sees addresses, sessions and the reasons of failures; otherwise visitors from this"
                + " host, those with a password and administrators do",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.page.settings.showsLegends = !words.isNegated
            proxy.page.settings.hasPage = true
        },
        Keyword("stats show-node", "[NAME]", default: "the hostname", "The name on the page") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.node = words.peek == nil ? nil : try words.next("a name").text
            proxy.page.settings.hasPage = true
        },
        Keyword("stats show-desc", "TEXT...", default: "none", "A text on the page") { proxy, words throws(Finding) in
            let text = words.rest().map(\.text).joined(separator: " ")
            proxy.page.settings.description = text.isEmpty ? nil : text
            proxy.page.settings.hasPage = true
        },
        Keyword(
            "stats scope",
            "NAME",
            default: "all",
            "The only proxies that are shown; '.' is the section itself",
            repeatable: true
        ) { proxy, words throws(Finding) in
            proxy.page.settings.scopes.append(try words.next("the name of a section").text)
            proxy.page.settings.hasPage = true
        },
    ]

    private static let http: [Keyword<ProxyDraft>] = [
        Keyword(
            "http-request use-service",
            "prometheus-exporter [{if | unless} CONDITION]",
            default: "none",
            "Which requests get metrics in Prometheus's format, usually { path /metrics }",
            repeatable: true
        ) { proxy, words throws(Finding) in
            _ = try words.choice([("prometheus-exporter", true)])
            let condition = try PageNotation.condition(&words, proxy.page.lists) ?? .always
            proxy.page.settings.metrics.append(condition)
        },
        Keyword("monitor-uri", "PATH", default: "none", "A path that answers as /healthz does, which is always there") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.monitorURI = try path(&words)
        },
        Keyword(
            "acl",
            "NAME src NETWORK...",
            "A list of networks for 'stats admin' and 'use-service'; 'path' and 'path_beg' as well",
            repeatable: true
        ) { proxy, words throws(Finding) in
            let name = try words.next("a name")
            let test = try PageNotation.test(words.rest()[...], at: name)
            proxy.page.lists[name.text, default: []].append(test)
        },
    ]

    private static let connections: [Keyword<ProxyDraft>] = [
        Keyword("mode", "http", "Makes the section a page") { _, words throws(Finding) in
            _ = try words.choice([("http", true)])
        },
        Keyword(
            "bind",
            "ADDRESS[,ADDRESS]...",
            "Where browsers and tools connect: [IP]:PORT, the path of a UNIX socket, or 'systemd@NAME'",
            repeatable: true,
            strict: true
        ) { proxy, words throws(Finding) in
            proxy.binds.append(try BindDraft(reading: &words, after: proxy.binds))
        },
        Keyword("maxconn", "NUMBER", default: "64", "Clients of the page at once; further ones wait in the kernel") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.maximumClients = try words.integer(in: 1...10_000)
        },
        Keyword("timeout client", "TIME", default: "30s", "How long a client may take to read an answer") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.answerTimeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword("timeout http-request", "TIME", default: "10s", "How long a whole request may take to come in") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.requestTimeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword("timeout http-keep-alive", "TIME", default: "15s", "How long a connection waits for the next request") {
            proxy,
            words throws(Finding) in
            proxy.page.settings.keepAliveTimeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword("disabled", default: "off", "Nothing is opened") { proxy, _ throws(Finding) in proxy.disabled = true },
        Keyword("enabled", "Takes back a 'disabled' of 'defaults'") { proxy, _ throws(Finding) in
            proxy.disabled = false
        },
        Keyword("description", "TEXT...", "A text for the reader") { _, words throws(Finding) in _ = words.rest() },
        Keyword("log", "global", "Changes made on the page are always logged, requests never", negatable: true) {
            _,
            words throws(Finding) in _ = words.rest()
        },
    ]

    private static func path(_ words: inout Arguments) throws(Finding) -> String {
        let word = try words.next("a path such as /")
        let isPlain = word.text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }
        guard word.text.hasPrefix("/"), isPlain else {
            throw Finding(at: word, "\(word.shown) is no path: it begins with '/' and has no blanks")
        }
        return word.text
    }
}

/// HAProxy's words for sections in `mode http` that do nothing on the page, each group with the reason.
enum RetiredPageKeywords {
    static let all: [Keyword<ProxyDraft>] =
        Keyword.ignored(
            "option httplog",
            "option dontlognull",
            "option tcplog",
            "option http-server-close",
            "option httpclose",
            "option http-keep-alive",
            "option forwardfor",
            "option http-*",
            "option contstats",
            "option socket-stats",
            "option dontlog-normal",
            "option logasap",
            "option redispatch",
            "option tcpka",
            "option clitcpka",
            "log-format",
            "error-log-format",
            "log-tag",
            "errorfile",
            "errorfiles",
            "backlog",
            "balance",
            "retries",
            "fullconn",
            "timeout connect",
            "timeout server",
            "timeout queue",
            "timeout check",
            "timeout tunnel",
            "timeout client-fin",
            "timeout server-fin",
            "timeout tarpit",
            "compression",
            "http-response",
            "http-after-response",
            "stats show-modules",
            "id",
            "guid",
            because: "it changes nothing on the page"
        )
        + Keyword.ignored(
            "server",
            "default-server",
            "default_backend",
            "use_backend",
            "http-reuse",
            "cookie",
            because: "there is no HTTP here but the page, metrics and health"
        )
        + Keyword.refused(
            "http-request",
            "tcp-request",
            "stats http-request",
            "monitor fail",
            "monitor-net",
            because: "it decides who is admitted"
        )
}
