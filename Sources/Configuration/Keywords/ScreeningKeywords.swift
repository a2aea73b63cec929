// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving

/// The postscreen_ words of `pool` (Postfix: postscreen(8)). Each of them turns screening on, with Postfix's defaults for the
/// others; those of the access list, which stand with the access lists, do not.
enum ScreeningKeywords {
    static let all: [Keyword<PoolDraft>] = greeting + lists + deep + limits + cache

    static let standard = PoolDraft(name: Word("", line: 0, offset: 0), settings: PoolSettings(name: ""))
    static let longestLife = 31_536_000_000
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
