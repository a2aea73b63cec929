// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The options of `server` and `default-server` (HAProxy configuration manual 5.2).
enum ServerKeywords {
    static let table = KeywordTable<ServerDraft>([
        ProxyHeaderKeywords.server, working, CheckTLSKeywords.all, BalanceKeywords.server, ObserveKeywords.server,
        SourceKeywords.server,
        negations, harmless, unsafe,
    ])

    private static let longest = Quantity.longestTime

    private static let working: [Keyword<ServerDraft>] = [
        Keyword("check", default: "off", "The server is checked; without, it always counts as up") {
            server,
            _ throws(Finding) in
            server.settings.check = true
        },
        Keyword("inter", "TIME", default: "2s", "The time between two checks") { server, words throws(Finding) in
            server.settings.checkInterval = try words.time(unit: .milliseconds, in: 1...longest)
        },
        Keyword("fastinter", "TIME", default: "inter", "The time between two checks while the state is changing") {
            server,
            words throws(Finding) in
            server.settings.checkFastInterval = try words.time(unit: .milliseconds, in: 1...longest)
        },
        Keyword("downinter", "TIME", default: "inter", "The time between two checks while the server is down") {
            server,
            words throws(Finding) in
            server.settings.checkDownInterval = try words.time(unit: .milliseconds, in: 1...longest)
        },
        Keyword("rise", "NUMBER", default: "2", "How many good checks in a row bring a server up") {
            server,
            words throws(Finding) in
            server.settings.rise = try words.integer(in: 1...10_000)
        },
        Keyword("fall", "NUMBER", default: "3", "How many bad checks in a row take a server down") {
            server,
            words throws(Finding) in
            server.settings.fall = try words.integer(in: 1...10_000)
        },
        Keyword("weight", "0-256", default: "1", "The server's share of new connections; 0: none") {
            server,
            words throws(Finding) in
            server.settings.weight = try words.integer(in: 0...256)
        },
        Keyword("maxconn", "NUMBER", default: "0", "Connections at once; further ones wait; 0: no limit") {
            server,
            words throws(Finding) in
            server.settings.maximumConnections = try words.integer(in: 0...10_000_000)
        },
        Keyword("backup", default: "off", "The server is used only while no other is up") { server, _ throws(Finding) in
            server.settings.backup = true
        },
        Keyword("disabled", default: "off", "The server starts in maintenance") { server, _ throws(Finding) in
            server.settings.disabled = true
        },
        Keyword("enabled", "Takes back a 'disabled' of 'default-server'") { server, _ throws(Finding) in
            server.settings.disabled = false
        },
        Keyword("send-proxy", default: "off", "Connections begin with a PROXY header of version 1") {
            server,
            _ throws(Finding) in
            server.settings.sendProxy = .v1
        },
        Keyword("send-proxy-v2", default: "off", "Connections begin with a PROXY header of version 2") {
            server,
            _ throws(Finding) in
            server.settings.sendProxy = .v2
        },
        Keyword(
            "check-send-proxy",
            default: "as 'send-proxy', unless 'port' is there",
            "Checks begin with a PROXY header: version 2 where connections have it, else version 1"
        ) { server, _ throws(Finding) in
            server.settings.checksSendProxy = true
        },
        Keyword("port", "PORT", default: "the server's", "Checks go to this port, without a header") {
            server,
            words throws(Finding) in
            server.settings.checkPort = try words.integer(in: 1...65_535)
        },
    ]

    private static let negations: [Keyword<ServerDraft>] = [
        Keyword("no-check", "Takes back 'check'") { server, _ throws(Finding) in server.settings.check = false },
        Keyword("no-backup", "Takes back 'backup'") { server, _ throws(Finding) in server.settings.backup = false },
        Keyword("no-send-proxy", "Takes back 'send-proxy'") { server, _ throws(Finding) in
            server.settings.sendProxy = nil
        },
        Keyword("no-check-send-proxy", "Takes back 'check-send-proxy'") { server, _ throws(Finding) in
            server.settings.checksSendProxy = false
        },
        Keyword("no-send-proxy-v2", "Takes back 'send-proxy-v2'") { server, _ throws(Finding) in
            server.settings.sendProxy = nil
        },
    ]

    private static let harmless: [Keyword<ServerDraft>] =
        Keyword.unsupported("addr", arity: 1, so: "checks go where sessions go")
        + Keyword.unsupported(
            "track",
            "init-addr",
            "init-state",
            "agent-port",
            "agent-addr",
            "agent-inter",
            "agent-send",
            "resolvers",
            "resolve-prefer",
            "resolve-opts",
            "resolve-net",
            "tcp-ut",
            arity: 1,
            so: "the server works without it"
        )
        + Keyword.unsupported("agent-check", "no-agent-check", so: "the server works without it")
        + Keyword.ignored(
            "id",
            "cookie",
            "redir",
            "max-reuse",
            "pool-low-conn",
            "pool-max-conn",
            "pool-purge-delay",
            "proto",
            "check-proto",
            "log-proto",
            "guid",
            "shard",
            arity: 1,
            because: "it has no meaning for SMTP"
        )
        + Keyword.ignored(
            "maxqueue",
            arity: 1,
            because: "sessions wait in one line for whichever server has room first, never for a single server"
        )
        + Keyword.ignored("tfo", "no-tfo", "non-stick", because: "tuning only")
        + Keyword.ignored("ciphers", "sni", "alpn", "check-alpn", arity: 1, because: "it is about TLS to the server")
        + Keyword.ignored("no-ssl", because: "sessions are passed on as they come")

    private static let unsafe: [Keyword<ServerDraft>] =
        Keyword.refused("ssl", because: "the server would be spoken to in clear text; 'check-ssl' is for checks")
        + Keyword.refused("crt", arity: 1, because: "servers are shown no certificate in this version")
        + Keyword.refused(
            "interface",
            arity: 1,
            because: "the server would see connections from another address than it expects; write 'source ADDRESS'"
        )
        + Keyword.refused("namespace", "socks4", arity: 1, because: "the server would not be where it is looked for")
}
