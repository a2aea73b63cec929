// SPDX-License-Identifier: Apache-2.0

import Control

/// The words of `global` (HAProxy configuration manual 3).
enum GlobalKeywords {
    static let table = KeywordTable<ApplianceSettings>([working, stats, RetiredGlobalKeywords.all])

    private static let working: [Keyword<ApplianceSettings>] = [
        Keyword(
            "hostname",
            "NAME",
            default: "the host's name",
            "The name in banners, replies, trace headers and EHLO, where a pool or the queue gives no 'myhostname'"
        ) { settings, words throws(Finding) in
            settings.hostname = try words.hostName()
        },
        Keyword(
            "log",
            "TARGET [len LENGTH] [format FORMAT] [FACILITY [LEVEL [MINLEVEL]]]",
            default: "none; mail, info",
            "Where log lines go: 'journal', 'stdout', 'stderr', HOST[:PORT] by UDP, or the path of a syslog socket;"
                + " LENGTH bytes of a line are written; FORMAT is local, rfc3164, rfc5424, priority, short, timed, iso, raw or"
                + " maillog; LEVEL is the least serious that is written, and what is more serious than MINLEVEL goes out with it",
            negatable: true,
            repeatable: true
        ) { settings, words throws(Finding) in
            guard !words.isNegated else {
                settings.logs = []
                return
            }
            let word = try words.next("a target")
            guard word.text != "global" else { throw Finding(at: word, "'log global' belongs to the other sections") }
            settings.logs.append(try LogNotation.target(word, &words))
        },
        Keyword("log-tag", "NAME", default: "relaybox", "The identifier of the balancer's log lines") {
            settings,
            words throws(Finding) in
            settings.logTag = try words.identifier()
        },
        Keyword(
            "log-send-hostname",
            "[NAME]",
            default: "the hostname, where the format has one",
            "The name of this host in log lines; the format 'local' gets one as well"
        ) { settings, words throws(Finding) in
            settings.logHostname = words.peek == nil ? settings.hostname : try words.identifier()
        },
        Keyword("maxconn", "NUMBER", default: "20000", "Connections of all frontends together") {
            settings,
            words throws(Finding) in
            settings.balancer.maximumConnections = try words.integer(in: 1...10_000_000)
        },
        Keyword("nbthread", "NUMBER", default: "one for each core", "Threads that serve connections") {
            settings,
            words throws(Finding) in
            settings.threads = try words.integer(in: 1...256)
        },
        Keyword(
            "hard-stop-after",
            "TIME",
            default: "30s",
            "How long sessions may take to end by themselves when the service stops; what is left then is cut"
        ) { settings, words throws(Finding) in
            settings.hardStopAfter = try words.time(unit: .milliseconds, in: 0...Quantity.longestTime)
        },
        Keyword(
            "nameserver",
            "IP[:PORT]",
            default: "the host's resolver",
            "Who is asked for names; several lines add up",
            repeatable: true
        ) { settings, words throws(Finding) in
            settings.nameservers.append(try AddressNotation.nameserver(words.next("an IP address")))
        },
        Keyword("node", "NAME", default: "the hostname", "The name of this process in 'show info'") {
            settings,
            words throws(Finding) in
            let word = try words.next("a name")
            guard word.text.isProxyName else {
                throw Finding(at: word, "\(word.shown) is no node name: use letters, digits, '-', '_' and '.'")
            }
            settings.node = word.text
        },
        Keyword("description", "TEXT...", default: "none", "A text for 'show info'") {
            settings,
            words throws(Finding) in
            guard words.peek != nil else { throw Finding(at: words.keyword, "'description' needs a text") }
            settings.description = words.rest().map(\.text).joined(separator: " ")
        },
    ]

    private static let stats: [Keyword<ApplianceSettings>] = [
        Keyword(
            "stats socket",
            "ADDRESS [mode MODE] [user USER] [group GROUP] [level LEVEL]",
            "Where operators and their tools connect: the path of a UNIX socket, IP:PORT or 'systemd@NAME'; LEVEL is user,"
                + " operator (the default) or admin; a socket that systemd already opened there is taken over",
            repeatable: true
        ) { settings, words throws(Finding) in
            settings.control.sockets.append(try StatsSocketSettings(reading: &words))
        },
        Keyword("stats timeout", "TIME", default: "10s", "How long an operator's connection may be silent") {
            settings,
            words throws(Finding) in
            settings.control.timeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword("stats maxconn", "NUMBER", default: "10", "Operators' connections at once") {
            settings,
            words throws(Finding) in
            settings.control.maximumConnections = try words.integer(in: 1...10_000)
        },
    ]
}

/// The options of `stats socket`.
enum StatsSocketKeywords {
    static let table = KeywordTable<StatsSocketSettings>([
        [
            Keyword("mode", "MODE", default: "by the umask", "The mode of a UNIX socket, octal") {
                socket,
                words throws(Finding) in
                let word = try words.next("an octal mode such as 660")
                guard let mode = Int(word.text, radix: 8), (0...0o777).contains(mode), word.text.first != "+" else {
                    throw Finding(at: word, "\(word.shown) is not an octal mode such as 660")
                }
                socket.mode = mode
            },
            Keyword("user", "NAME", default: "the service's", "The owner of a UNIX socket") {
                socket,
                words throws(Finding) in
                socket.user = try words.next("a user's name").text
            },
            Keyword("group", "NAME", default: "the service's", "The group of a UNIX socket") {
                socket,
                words throws(Finding) in
                socket.group = try words.next("a group's name").text
            },
            Keyword("level", "user | operator | admin", default: "operator", "What a client of the socket may do") {
                socket,
                words throws(Finding) in
                socket.level = try words.choice([("user", .user), ("operator", .operator), ("admin", .admin)])
            },
        ],
        Keyword.ignored("expose-fd", arity: 1, because: "systemd keeps the sockets over a restart"),
        Keyword.ignored("process", "thread", "severity-output", arity: 1, because: "tuning only"),
        Keyword.refused("uid", "gid", arity: 1, because: "write 'user' or 'group' and a name"),
    ])
}

extension StatsSocketSettings {
    fileprivate init(reading words: inout Arguments) throws(Finding) {
        let word = try words.next("an address such as /run/relaybox/stats.sock")
        let endpoints = try AddressNotation.endpoints(word, allowsPlainPath: true)
        guard endpoints.count == 1 else { throw Finding(at: word, "'stats socket' takes one address") }
        self.init(address: endpoints[0].endpoint)
        StatsSocketKeywords.table.applyOptions(to: &self, &words, in: "stats socket")
        if case .ip = address, level > .user, !endpoints[0].isLoopback {
            words.warn(
                at: word,
                "anybody who reaches \(word.shown) may change the running service: there is no password; use a UNIX socket"
            )
        }
    }
}
