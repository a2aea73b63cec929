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
            "map-based",
            default: "map-based",
            in: .serverSide,
            "How 'balance source' finds a server; a change of the servers moves clients"
        ) { _, words throws(Finding) in
            let word = try words.next("'map-based'")
            let rest = words.rest()
            switch word.text {
            case "map-based":
                // HAProxy's functions do not apply to `balance source`, and 'avalanche' only mixes further.
                guard let last = rest.last, last.text == "avalanche" else { return }
                words.warn(at: last, "'avalanche' is ignored: addresses are counted off as they are")
            case "consistent":
                words.warn(at: word, "'hash-type consistent' is not supported by this version; 'map-based' is used")
            default:
                throw Finding(
                    at: word,
                    "'hash-type' takes 'map-based', not \(word.shown)"
                        + NearestWord.hint(for: word.text, among: ["map-based", "consistent"])
                )
            }
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
        }
    ]

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
