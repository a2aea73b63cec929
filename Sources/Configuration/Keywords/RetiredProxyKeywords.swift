// SPDX-License-Identifier: Apache-2.0

/// HAProxy's words for proxies that do nothing here, each group with the reason.
enum RetiredProxyKeywords {
    static let all: [Keyword<ProxyDraft>] = meaningless + harmless + unsafe

    private static let http = "there is no HTTP here"

    private static let meaningless: [Keyword<ProxyDraft>] =
        Keyword.ignored(
            "option http-server-close",
            "option httpclose",
            "option http-keep-alive",
            "option forwardfor",
            "option httplog",
            "option httpslog",
            "option http-*",
            "option h1-case-adjust-*",
            "option originalto",
            "option checkcache",
            "option accept-invalid-http-*",
            "option disable-h2-upgrade",
            "option idle-close-on-response",
            "option forceclose",
            "option prefer-last-server",
            "option httpchk",
            "http-request",
            "http-response",
            "http-after-response",
            "http-check",
            "http-error",
            "http-reuse",
            "http-send-name-header",
            "errorfile",
            "errorfiles",
            "errorloc",
            "errorloc302",
            "errorloc303",
            "capture",
            "declare",
            "compression",
            "cookie",
            "redirect",
            "monitor-uri",
            "monitor",
            "retry-on",
            "unique-id-header",
            "max-keep-alive-queue",
            "reqadd",
            "reqrep",
            "rspadd",
            "rsprep",
            "timeout http-request",
            "timeout http-keep-alive",
            "appsession",
            "force-persist",
            "ignore-persist",
            "persist",
            "option persist",
            because: http
        )
        + Keyword.ignored(
            "option splice-auto",
            "option splice-request",
            "option splice-response",
            "option tcp-smart-accept",
            "option tcp-smart-connect",
            "option nolinger",
            "option independent-streams",
            "option contstats",
            "bind-process",
            "id",
            "guid",
            "grace",
            "clitcpka-*",
            "srvtcpka-*",
            because: "tuning only"
        )
        + Keyword.ignored("stats", because: "the page is a section of its own in 'mode http'")
        + Keyword.ignored(
            "load-server-state-from-file",
            "server-state-file-name",
            because: "a reload keeps the servers' state"
        )
        + Keyword.ignored(
            "option mysql-check",
            "option pgsql-check",
            "option redis-check",
            "option ldap-check",
            "option spop-check",
            "option ssl-hello-chk",
            because: "servers are checked by connecting to them"
        )

    private static let harmless: [Keyword<ProxyDraft>] =
        Keyword.unsupported(
            "option tcpka",
            "option clitcpka",
            "option srvtcpka",
            so: "connections are watched by timeouts alone"
        )
        + Keyword.unsupported(
            "option socket-stats",
            "log-format-sd",
            "error-log-format",
            "email-alert",
            so: "lines keep their usual form"
        )
        + Keyword.unsupported(
            "option abortonclose",
            "timeout client-fin",
            "timeout server-fin",
            "timeout tunnel",
            "timeout tarpit",
            "option external-check",
            "external-check",
            so: "sessions and checks work without it"
        )
        + Keyword.unsupported(
            "stick",
            "filter",
            so: "nothing else in this section depends on it"
        )

    private static let unsafe: [Keyword<ProxyDraft>] =
        Keyword.refused(
            "tcp-response",
            "block",
            because: "it decides who is admitted"
        )
        + Keyword.refused(
            "use-server",
            "dispatch",
            "server-template",
            "option transparent",
            "transparent",
            because: "it decides where connections go"
        )
        + Keyword.refused("rate-limit sessions", "monitor-net", because: "it decides who is admitted")
        + Keyword.refused(
            "tcp-check send-lf",
            "tcp-check send-binary-lf",
            "tcp-check set-var",
            "tcp-check set-var-fmt",
            "tcp-check unset-var",
            because: "the check would not do what it says"
        )
}
