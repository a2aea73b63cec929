// SPDX-License-Identifier: Apache-2.0

import Balancing

/// The words that say how sessions are spread over servers, and what happens when one fails (HAProxy configuration manual
/// 4.2 and 5.2).
enum BalanceKeywords {
    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "balance",
            "roundrobin | static-rr | leastconn | source | first | random[(DRAWS)]",
            default: "roundrobin",
            in: .serverSide,
            "How a server is chosen: in turn by weight, the one with the fewest connections for its weight, by the"
                + " client's address, the first one with room, or the least loaded of some drawn by weight"
        ) { proxy, words throws(Finding) in
            try algorithm(&proxy, &words)
        },
        Keyword(
            "hash-type",
            "map-based | consistent [sdbm | djb2 | wt6 | crc32 [avalanche]]",
            default: "map-based",
            in: .serverSide,
            "How 'balance source' finds a server: addresses are counted off, and a change of the servers moves most clients; or a"
                + " server that leaves moves its own clients only. The functions do nothing to addresses; 'avalanche' mixes them, and"
                + " 'consistent' alone does too"
        ) { proxy, words throws(Finding) in
            try hashType(&proxy, &words)
        },
        Keyword(
            "timeout greeting",
            "TIME",
            default: Quantity.time(BackendSettings(name: "").greetingTimeout),
            in: .serverSide,
            "With 'option smtp': how long a server may take to the first line of its greeting before another is tried"
        ) { proxy, words throws(Finding) in
            proxy.backend.greetingTimeout = try words.time(unit: .milliseconds, in: 1...Quantity.longestTime)
        },
        Keyword(
            "timeout shutdown",
            "TIME",
            default: Quantity.time(BackendSettings(name: "").shutdownTimeout),
            in: .serverSide,
            "With 'option smtp': how long a session to a server on the network that 'shutdown session(s)' ends may take until no"
                + " command and no message is under way; then it is cut. A stop waits for 'hard-stop-after' instead"
        ) { proxy, words throws(Finding) in
            proxy.backend.shutdownTimeout = try words.time(unit: .milliseconds, in: 0...Quantity.longestTime)
        },
        Keyword(
            "option allbackups",
            default: "off",
            in: .serverSide,
            "While no other server is up, all backup servers are used, not only the first",
            negatable: true
        ) { proxy, words throws(Finding) in
            proxy.backend.usesAllBackups = !words.isNegated
        },
    ]

    static let server: [Keyword<ServerDraft>] = [
        Keyword(
            "minconn",
            "NUMBER",
            default: "maxconn",
            "Connections the server may always have at once: with less than 'fullconn' connections in the backend it gets its share"
                + " of 'maxconn' and no less than this. Above 'maxconn', it is the limit"
        ) { server, words throws(Finding) in
            server.settings.minimumConnections = try words.integer(in: 0...10_000_000)
        },
        Keyword(
            "slowstart",
            "TIME",
            default: "0",
            "How long a server that came up again takes to its full weight and 'maxconn'; not after a start of the process"
        ) { server, words throws(Finding) in
            server.settings.slowStart = try words.time(unit: .milliseconds, in: 0...Quantity.longestTime)
        },
    ]

    private static let hashFunctions = ["sdbm", "djb2", "wt6", "crc32"]

    private static func hashType(_ proxy: inout ProxyDraft, _ words: inout Arguments) throws(Finding) {
        let word = try words.next("'map-based' or 'consistent'")
        guard let type = BackendSettings.HashType(rawValue: word.text) else {
            let hint = NearestWord.hint(for: word.text, among: ["map-based", "consistent"])
            throw Finding(at: word, "'hash-type' takes 'map-based' or 'consistent', not \(word.shown)\(hint)")
        }
        proxy.backend.hashType = type
        proxy.backend.mixesHash = type == .consistent
        guard let function = words.peek else { return }
        words.skip()
        guard hashFunctions.contains(function.text) else {
            let hint = NearestWord.hint(for: function.text, among: hashFunctions)
            throw Finding(
                at: function,
                "'hash-type \(type.rawValue)' takes a function such as 'sdbm avalanche', not \(function.shown)\(hint)"
            )
        }
        let modifier = words.peek
        words.skip()
        proxy.backend.mixesHash = modifier != nil
        if let modifier, modifier.text != "avalanche" {
            throw Finding(at: modifier, "'avalanche' is all that can stand behind a function, not \(modifier.shown)")
        }
        if type == .consistent, modifier == nil {
            words.warn(
                at: function,
                "without 'avalanche' neighbouring addresses come to the same server; leave '\(function.text)' out"
            )
        }
    }

    private static let names = ["roundrobin", "static-rr", "leastconn", "source", "first", "random"]

    private static func algorithm(_ proxy: inout ProxyDraft, _ words: inout Arguments) throws(Finding) {
        let word = try words.next("an algorithm such as 'roundrobin' or 'leastconn'")
        switch word.text {
        case "roundrobin": proxy.backend.algorithm = .roundrobin
        case "static-rr": proxy.backend.algorithm = .staticRoundRobin
        case "leastconn": proxy.backend.algorithm = .leastconn
        case "source": proxy.backend.algorithm = .source
        case "first": proxy.backend.algorithm = .first
        case "hash", "uri", "url_param", "hdr", "rdp-cookie":
            _ = words.rest()
            proxy.backend.algorithm = .roundrobin
            words.warn(at: word, "'balance \(word.text)' is not supported by this version; 'roundrobin' is used")
        case _ where word.text.hasPrefix("random"):
            proxy.backend.algorithm = .random(draws: try draws(word))
        default:
            let hint = NearestWord.hint(for: word.text, among: names)
            throw Finding(
                at: word,
                "'balance' takes 'roundrobin', 'static-rr', 'leastconn', 'source', 'first' or 'random', not "
                    + "\(word.shown)\(hint)"
            )
        }
    }

    /// The number in `random(2)`; HAProxy's default is 2.
    private static func draws(_ word: Word) throws(Finding) -> Int {
        let rest = word.text.dropFirst("random".count)
        if rest.isEmpty { return 2 }
        guard rest.hasPrefix("("), rest.hasSuffix(")"), let draws = Int(rest.dropFirst().dropLast()),
            (1...100).contains(draws)
        else {
            throw Finding(at: word, "write 'random' or 'random(DRAWS)' with 1 to 100 draws, not \(word.shown)")
        }
        return draws
    }
}
