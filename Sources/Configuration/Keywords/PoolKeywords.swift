// SPDX-License-Identifier: Apache-2.0

import Reception

/// The words of `pool`: Postfix's parameters for its SMTP server (postconf(5)), and ours in the same manner.
enum PoolKeywords {
    static let table = KeywordTable<PoolDraft>([
        identity, policy, access, RestrictionKeywords.all, limits, times, ScreeningKeywords.all, FilterKeywords.all,
        TLSKeywords.pool, RetiredPoolKeywords.all,
    ])

    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )
    private static let most = 1_000_000_000

    private static let identity: [Keyword<PoolDraft>] = [
        Keyword(
            "bind",
            "ADDRESS[,ADDRESS]... [OPTION...]",
            "Where balancers on other hosts, or clients, reach this pool; a frontend of this file needs no such line",
            repeatable: true
        ) { pool, words throws(Finding) in
            let bind = try BindDraft(reading: &words, after: pool.binds)
            if bind.settings.isTransparent {
                throw Finding(at: bind.keyword, "'transparent' is for the 'bind' lines of frontends, not of pools")
            }
            pool.binds.append(bind)
        },
        Keyword("myhostname", "NAME", default: "hostname of 'global'", "The name in the banner, replies and headers") {
            pool,
            words throws(Finding) in
            pool.settings.hostname = try words.hostName()
        },
        Keyword(
            "smtpd_banner",
            "TEXT",
            default: "$myhostname ESMTP relaybox",
            "The text of the greeting after 220; RFC 5321 wants it to begin with the host's name"
        ) { pool, words throws(Finding) in
            let text = words.joined
            guard !text.isEmpty else { throw Finding(at: words.keyword, "'smtpd_banner' needs a text") }
            guard text.utf8.count <= 500, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw Finding(at: words.peek, "the banner has at most 500 printable ASCII characters")
            }
            _ = words.rest()
            pool.settings.banner = text
        },
        Keyword("syslog_name", "NAME", default: "relaybox", "The first part of the identifier in log lines") {
            pool,
            words throws(Finding) in
            pool.settings.syslogName = try words.identifier()
        },
    ]

    private static let policy: [Keyword<PoolDraft>] = [
        Keyword(
            "mynetworks",
            "NETWORK...",
            default: "none",
            "Clients that may send to any domain, judged by the address in the PROXY header"
        ) { pool, words throws(Finding) in
            let items = try words.list("networks such as 192.0.2.0/24 [2001:db8::]/32")
            pool.networks = items
            pool.settings.networks = []
            for item in items {
                do throws(Finding) {
                    pool.settings.networks.append(try NetworkList.range(item))
                    if NetworkList.isEverybody(item) {
                        words.warn(at: item, "\(item.shown) lets everybody send mail to everywhere: an open relay")
                    }
                } catch { words.findings.append(error) }
            }
        },
        Keyword(
            "relay_domains",
            "DOMAIN...",
            default: "none",
            "Domains that anybody may send to; a leading dot covers the subdomains"
        ) { pool, words throws(Finding) in
            pool.settings.relayDomains = []
            for item in try words.list("domains such as example.org") {
                do throws(Finding) {
                    pool.settings.relayDomains.append(try domain(item))
                } catch { words.findings.append(error) }
            }
        },
        .boolean("smtpd_helo_required", \.settings.heloRequired, of: standard, "MAIL needs HELO or EHLO before it"),
        .boolean("disable_vrfy_command", \.settings.disablesVerify, of: standard, "VRFY is refused"),
        Keyword(
            "smtpd_forbid_bare_newline",
            "normalize | reject",
            default: "normalize",
            "A line that ends in LF alone is stored with CRLF, or the message is refused; it never ends a message"
        ) { pool, words throws(Finding) in
            let word = try words.next("'normalize' or 'reject'")
            switch word.text.lowercased() {
            case "normalize", "yes": pool.settings.bareNewline = .normalize
            case "reject": pool.settings.bareNewline = .reject
            case "note":
                pool.settings.bareNewline = .normalize
                words.warn(at: word, "'note' is not supported by this version; 'normalize' is used")
            default:
                throw Finding(at: word, "'smtpd_forbid_bare_newline' takes normalize or reject, not \(word.shown)")
            }
        },
        .boolean(
            "smtpd_forbid_unauth_pipelining",
            \.settings.forbidsUnauthorisedPipelining,
            of: standard,
            "Input that comes before a reply it must wait for ends the session"
        ),
    ]

    private static let access: [Keyword<PoolDraft>] = [
        Keyword(
            "postscreen_access_list",
            "RULE...",
            default: "none",
            "Looks clients up before the greeting, the first rule that knows one decides: permit_mynetworks, permit, reject,"
                + " or cidr:/FILE whose lines say permit, reject or dunno of a network"
        ) { pool, words throws(Finding) in
            (pool.settings.accessList, pool.accessTables) = try AccessNotation.rules(&words)
        },
        denylistAction("postscreen_denylist_action"),
        denylistAction("postscreen_blacklist_action"),
    ]

    private static func denylistAction(_ name: String) -> Keyword<PoolDraft> {
        Keyword(
            name,
            "ignore | enforce | drop",
            default: standard.settings.denylistAction.rawValue,
            "Clients that the access list rejects are logged only, or refused every recipient, or not greeted"
        ) { pool, words throws(Finding) in
            pool.settings.denylistAction = try words.choice(DenylistAction.allCases.map { ($0.rawValue, $0) })
        }
    }

    private static let limits: [Keyword<PoolDraft>] = [
        .size(
            "message_size_limit",
            \.settings.messageSizeLimit,
            of: standard,
            in: 0...1_099_511_627_776,
            "The size of a message; 0: no limit"
        ),
        .number(
            "smtpd_recipient_limit",
            \.settings.recipientLimit,
            of: standard,
            in: 1...most,
            "Recipients of a message"
        ),
        .size(
            "line_length_limit",
            \.settings.lineLengthLimit,
            of: standard,
            in: 512...1_048_576,
            "The length of a command line with its end"
        ),
        .size(
            "header_size_limit",
            \.settings.headerSizeLimit,
            of: standard,
            in: 1_024...104_857_600,
            "How much of one header is looked at"
        ),
        .number(
            "hopcount_limit",
            \.settings.hopcountLimit,
            of: standard,
            in: 1...10_000,
            "Received headers before a loop"
        ),
        .number(
            "smtpd_soft_error_limit",
            \.settings.softErrorLimit,
            of: standard,
            in: 1...most,
            "Errors of a session after which replies are slowed down"
        ),
        .number(
            "smtpd_hard_error_limit",
            \.settings.hardErrorLimit,
            of: standard,
            in: 1...most,
            "Errors of a session after which it ends"
        ),
        .number(
            "smtpd_junk_command_limit",
            \.settings.junkCommandLimit,
            of: standard,
            in: 1...most,
            "NOOP, VRFY, RSET, HELP and further greetings without mail before they count as errors"
        ),
        .number(
            "smtpd_client_connection_count_limit",
            \.settings.clientConnectionLimit,
            of: standard,
            in: 0...most,
            "Sessions of one client at once; 0: no limit"
        ),
        .number(
            "smtpd_session_count_limit",
            \.settings.sessionLimit,
            of: standard,
            in: 1...10_000_000,
            "Sessions of the pool at once; further clients are asked to come back"
        ),
    ]

    private static let times: [Keyword<PoolDraft>] = [
        .time("smtpd_timeout", \.settings.timeout, of: standard, "How long a client may be silent"),
        .time(
            "smtpd_command_time_limit",
            \.settings.commandDeadline,
            of: standard,
            "How long one whole command line may take, however it trickles"
        ),
        .time(
            "smtpd_error_sleep_time",
            \.settings.errorSleepTime,
            of: standard,
            from: 0,
            to: 60_000,
            "The pause before a reply above the soft error limit"
        ),
        .time(
            "smtpd_commit_time_limit",
            \.settings.commitDeadline,
            of: standard,
            to: 600_000,
            "How long storing a message may take before the client is asked to try again"
        ),
        proxyTimeout("smtpd_upstream_proxy_timeout"),
        proxyTimeout("postscreen_upstream_proxy_timeout"),
    ]

    private static func proxyTimeout(_ name: String) -> Keyword<PoolDraft> {
        Keyword(name, "TIME", default: "5s", "How long the PROXY header of 'accept-proxy' may take") {
            pool,
            words throws(Finding) in
            pool.headerTimeout = try words.time(unit: .seconds, in: 1...Quantity.longestTime)
        }
    }

    private static func domain(_ word: Word) throws(Finding) -> String {
        let text = word.text
        if text.contains("/") {
            throw Finding(at: word, "\(word.shown) names a table; this version takes domains in the file itself only")
        }
        let name = text.hasPrefix(".") ? String(text.dropFirst()) : text
        guard name.isHostName else {
            let reason = text.contains("@") ? ": addresses are not supported" : ""
            throw Finding(at: word, "\(word.shown) is not a domain such as example.org\(reason)")
        }
        return text.lowercased()
    }
}
