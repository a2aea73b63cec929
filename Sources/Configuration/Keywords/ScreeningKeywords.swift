// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving

/// The postscreen_ words of `pool` (Postfix: postscreen(8)). Each of them turns screening on, with Postfix's defaults for the
/// others; those of the access list, which stand with the access lists, do not.
enum ScreeningKeywords {
    static let all: [Keyword<PoolDraft>] = greeting + lists + deep + limits + cache

    private static let standard = PoolDraft(name: Word("", line: 0, offset: 0), settings: PoolSettings(name: ""))
    private static let longestLife = 31_536_000_000
    private static let mostSites = 64

    private static let greeting: [Keyword<PoolDraft>] = [
        stressTime(
            "postscreen_greet_wait",
            \.settings.screening.greetWait,
            in: 0...60_000,
            "How long a client that is not known may not speak before its greeting; 0: it need not wait"
        ),
        word(
            "postscreen_greet_banner",
            "TEXT",
            default: "$smtpd_banner",
            "The text of the line that tempts clients to speak"
                + " before the greeting; empty: there is no such test"
        ) { pool, words throws(Finding) in
            let text = words.joined
            guard text.utf8.count <= 500, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw Finding(at: words.peek, "the banner has at most 500 printable ASCII characters")
            }
            _ = words.rest()
            pool.settings.screening.greetBanner = text
        },
        action("postscreen_greet_action", \.settings.screening.greetAction, "Clients that speak before the greeting"),
        life("postscreen_greet_ttl", \.settings.screening.greetTTL, "How long a client need not wait again"),
    ]

    private static let lists: [Keyword<PoolDraft>] =
        [
            word(
                "postscreen_dnsbl_sites",
                "DOMAIN[=FILTER][*WEIGHT]...",
                default: "none",
                "Block lists, and allow lists with negative weights, that clients are looked up in, such as"
                    + " zen.example.org=127.0.0.[2..11]*3; an answer in 127.255.255.0/24 is an error of the list and never counts"
            ) { pool, words throws(Finding) in
                pool.settings.screening.blocklistSites = []
                for item in try words.list("lists such as bl.example.org*2") {
                    do throws(Finding) {
                        pool.settings.screening.blocklistSites.append(try site(item))
                        if pool.settings.screening.blocklistSites.count > mostSites {
                            pool.settings.screening.blocklistSites.removeLast()
                            throw Finding(at: item, "a pool may have \(mostSites) lists at most")
                        }
                    } catch { words.findings.append(error) }
                }
            },
            integer(
                "postscreen_dnsbl_threshold",
                \.settings.screening.blocklistThreshold,
                in: 1...1_000_000_000,
                "The sum of weights at which a client fails"
            ),
            action("postscreen_dnsbl_action", \.settings.screening.blocklistAction, "Clients that lists have"),
            word(
                "postscreen_dnsbl_reply_map",
                "texthash:/FILE | inline:{DOMAIN=NAME, ...}",
                default: "none",
                "What replies call a list, to keep keys in its domain secret"
            ) { pool, words throws(Finding) in
                try replyMap(&pool, &words)
            },
            time(
                "postscreen_dnsbl_timeout",
                \.settings.screening.blocklistTimeout,
                in: 1_000...60_000,
                "How long a client waits for lists at most"
            ),
            life(
                "postscreen_dnsbl_min_ttl",
                \.settings.screening.blocklistMinimumTTL,
                "How long a client that no list has is not looked up again, at least"
            ),
            life(
                "postscreen_dnsbl_max_ttl",
                \.settings.screening.blocklistMaximumTTL,
                "The same at most, whatever the lists' records say"
            ),
            life(
                "postscreen_dnsbl_ttl",
                \.settings.screening.blocklistMaximumTTL,
                "The older name of postscreen_dnsbl_max_ttl"
            ),
        ]
        + ["postscreen_dnsbl_allowlist_threshold", "postscreen_dnsbl_whitelist_threshold"].map { name in
            word(
                name,
                "NUMBER",
                default: "0",
                "The negative sum of weights at or below which a client passes every test;"
                    + " 0: none does"
            ) { pool, words throws(Finding) in
                let word = try words.next("a number that is not above zero, such as -1")
                guard let value = Int(word.text), (-1_000_000_000...0).contains(value) else {
                    throw Finding(at: word, "\(word.shown) is not a whole number from -1000000000 to 0")
                }
                pool.settings.screening.allowlistThreshold = value
            }
        }

    private static let deep: [Keyword<PoolDraft>] =
        test("postscreen_pipelining", \.settings.screening.pipelining, "Clients that send commands ahead uninvited")
        + test(
            "postscreen_non_smtp_command",
            \.settings.screening.nonSMTPCommand,
            "Clients that speak HTTP and the like"
        )
        + test("postscreen_bare_newline", \.settings.screening.bareNewline, "Clients that end lines with LF alone")
        + [
            word(
                "postscreen_forbidden_commands",
                "COMMAND...",
                default: "CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}",
                "What the non-SMTP command test looks for, besides header lines"
            ) { pool, words throws(Finding) in
                pool.settings.screening.forbiddenCommands = []
                pool.settings.screening.forbidsNonLetters = false
                let text = words.joined
                let items = try words.list("commands such as CONNECT GET POST")
                for item in items {
                    if item.text.uppercased() == "BOGUS}}" || item.text.hasPrefix("regexp:{{") {
                        pool.settings.screening.forbidsNonLetters = text.contains("regexp:{{/^[^A-Z]/ Bogus}}")
                        if !pool.settings.screening.forbidsNonLetters {
                            throw Finding(
                                at: item,
                                "the only expression that is understood is regexp:{{/^[^A-Z]/ Bogus}}"
                            )
                        }
                    } else if item.text.utf8.count <= 64, item.text.allSatisfy({ $0.isASCII && $0.isLetter }) {
                        pool.settings.screening.forbiddenCommands.append(item.text.uppercased())
                    } else {
                        throw Finding(at: item, "\(item.shown) is not a command such as CONNECT")
                    }
                }
            }
        ]

    private static let limits: [Keyword<PoolDraft>] =
        [
            integer(
                "postscreen_command_count_limit",
                \.settings.screening.commandLimit,
                in: 1...1_000_000,
                "Commands of a session whose tests are not over"
            ),
            stressTime(
                "postscreen_command_time_limit",
                \.settings.screening.commandTime,
                in: 1_000...3_600_000,
                "How long a command line of such a session may take"
            ),
            integer(
                "postscreen_pre_queue_limit",
                \.settings.screening.preQueueLimit,
                in: 1...1_000_000,
                "Connections that screening holds at once; from nine tenths of them on the pool is under stress"
            ),
            word(
                "postscreen_client_connection_count_limit",
                "NUMBER",
                default: "$smtpd_client_connection_count_limit",
                "Connections of one client that screening holds at once; 0: no limit"
            ) { pool, words throws(Finding) in
                pool.settings.screening.clientConnectionLimit = try words.integer(in: 0...1_000_000_000)
            },
        ]
        + Keyword.ignored(
            "postscreen_post_queue_limit",
            because:
                "a client that passed never waits for a server process; smtpd_session_count_limit bounds the sessions"
        )

    private static let cache: [Keyword<PoolDraft>] = [
        word(
            "postscreen_cache_map",
            "file:/FILE",
            default: "postscreen_cache in the folder of 'spool'",
            "Where clients that passed are remembered; empty: in memory alone"
        ) { pool, words throws(Finding) in
            guard let word = words.peek else {
                pool.settings.screening.cacheFile = ""
                return
            }
            words.skip()
            if word.text.hasPrefix("file:/") || word.text.hasPrefix("/") {
                pool.settings.screening.cacheFile =
                    word.text.hasPrefix("/") ? word.text : String(word.text.dropFirst(5))
            } else if ["btree:", "hash:", "lmdb:", "cdb:", "dbm:", "sdbm:", "proxy:", "memcache:"].contains(where: {
                word.text.hasPrefix($0)
            }) {
                words.warn(
                    at: word,
                    "\(word.shown) is not used: the cache has a format of its own, beside the queue; 'file:/FILE' names another place"
                )
            } else {
                throw Finding(at: word, "\(word.shown) is no place for the cache: write file:/FILE")
            }
        },
        life(
            "postscreen_cache_cleanup_interval",
            \.settings.screening.cacheCleanupInterval,
            "How often old entries are thrown out of the cache"
        ),
        life(
            "postscreen_cache_retention_time",
            \.settings.screening.cacheRetentionTime,
            "How long an entry is kept after its results have ended"
        ),
        integer(
            "postscreen_cache_entry_limit",
            \.settings.screening.cacheLimit,
            in: 100...10_000_000,
            "Clients that the cache remembers at once"
        ),
    ]
}

// Kinds of words.
extension ScreeningKeywords {
    private typealias Path<Value> = Keyword<PoolDraft>.Path<Value>

    private static func word(
        _ name: String,
        _ usage: String,
        default standard: String,
        _ summary: String,
        _ apply: @escaping @Sendable (inout PoolDraft, inout Arguments) throws(Finding) -> Void
    ) -> Keyword<PoolDraft> {
        Keyword(name, usage, default: standard, summary) { pool, words throws(Finding) in
            pool.settings.screening.isEnabled = true
            try apply(&pool, &words)
        }
    }

    private static func action(_ name: String, _ path: Path<ScreeningAction>, _ who: String) -> Keyword<PoolDraft> {
        word(
            name,
            "ignore | enforce | drop",
            default: standard[keyPath: path].rawValue,
            "\(who) are logged only, or refused every recipient, or cut with a 521 reply"
        ) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.choice(ScreeningAction.allCases.map { ($0.rawValue, $0) })
        }
    }

    private static func time(
        _ name: String,
        _ path: Path<Int>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        word(name, "TIME", default: Quantity.time(standard[keyPath: path]), summary) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.time(unit: .seconds, in: range)
        }
    }

    private static func life(_ name: String, _ path: Path<Int>, _ summary: String) -> Keyword<PoolDraft> {
        time(name, path, in: 1_000...longestLife, summary)
    }

    private static func integer(
        _ name: String,
        _ path: Path<Int>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        word(name, "NUMBER", default: String(standard[keyPath: path]), summary) { pool, words throws(Finding) in
            pool[keyPath: path] = try words.integer(in: range)
        }
    }

    private static func stressTime(
        _ name: String,
        _ path: Path<StressTime>,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword<PoolDraft> {
        let time = standard[keyPath: path]
        let shown = "${stress?{\(time.stress / 1_000)}:{\(time.normal / 1_000)}}s"
        return word(name, "TIME", default: shown, summary) { pool, words throws(Finding) in
            let word = try words.next("a time such as 6s or ${stress?{2}:{6}}s")
            pool[keyPath: path] = StressTime(
                normal: try Quantity.time(try StressNotation.value(word, stress: false), unit: .seconds, in: range),
                stress: try Quantity.time(try StressNotation.value(word, stress: true), unit: .seconds, in: range)
            )
        }
    }

    /// The three words of a test of the live session.
    private static func test(
        _ name: String,
        _ path: Path<ScreeningSettings.DeepTest>,
        _ who: String
    ) -> [Keyword<PoolDraft>] {
        let test = standard[keyPath: path]
        return [
            word("\(name)_enable", "yes | no", default: test.isEnabled ? "yes" : "no", "\(who) fail a test") {
                pool,
                words throws(Finding) in
                pool[keyPath: path].isEnabled = try words.boolean()
            },
            word(
                "\(name)_action",
                "ignore | enforce | drop",
                default: test.action.rawValue,
                "\(who) are logged only, or refused every recipient, or cut"
            ) { pool, words throws(Finding) in
                pool[keyPath: path].action = try words.choice(ScreeningAction.allCases.map { ($0.rawValue, $0) })
            },
            word("\(name)_ttl", "TIME", default: Quantity.time(test.ttl), "How long the passed test counts") {
                pool,
                words throws(Finding) in
                pool[keyPath: path].ttl = try words.time(unit: .seconds, in: 1_000...longestLife)
            },
        ]
    }

    private static func site(_ word: Word) throws(Finding) -> BlocklistSite {
        do throws(BlocklistSite.ParseError) {
            return try BlocklistSite(word.text)
        } catch {
            switch error {
            case .domain(let text): throw Finding(at: word, "\(text.shown) is not the domain of a list")
            case .filter(let text):
                throw Finding(at: word, "\(text.shown) is not a filter such as 127.0.0.[2..11] or 127.0.0.2")
            case .weight(let text):
                throw Finding(at: word, "\(text.shown) is not a weight from -1000000 to 1000000")
            }
        }
    }

    private static func replyMap(_ pool: inout PoolDraft, _ words: inout Arguments) throws(Finding) {
        pool.settings.screening.blocklistNames = [:]
        pool.settings.screening.blocklistNamesFile = nil
        guard let first = words.peek else { return }
        let text = words.joined
        _ = words.rest()
        if text.hasPrefix("texthash:/"), !text.contains(" ") {
            pool.settings.screening.blocklistNamesFile = String(text.dropFirst(9))
            return
        }
        guard text.hasPrefix("inline:{"), text.hasSuffix("}") else {
            throw Finding(
                at: first,
                "\(text.shown) is no map: write texthash:/FILE or inline:{DOMAIN=NAME, DOMAIN=NAME}"
            )
        }
        for item in text.dropFirst(8).dropLast().split(separator: ",") {
            let entry = item.filter { $0 != "{" && $0 != "}" }
            let parts = entry.split(separator: "=", maxSplits: 1).map {
                $0.split(separator: " ").joined(separator: " ")
            }
            guard parts.count == 2 else { throw Finding(at: first, "\(String(item).shown) is not DOMAIN=NAME") }
            pool.settings.screening.blocklistNames[parts[0].lowercased()] = parts[1]
        }
    }
}
