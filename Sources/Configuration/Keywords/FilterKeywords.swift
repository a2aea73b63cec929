// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception

/// The words of `pool` about filters: milters, a filter behind the queue and one in front of it (Postfix: MILTER_README,
/// FILTER_README, SMTPD_PROXY_README).
enum FilterKeywords {
    static let all: [Keyword<PoolDraft>] = milters + macros + queue + proxy

    /// The words of `queue`.
    static let delivery: [Keyword<QueueDraft>] = [
        .boolean(
            "smtp_send_xforward_command",
            \.delivery.sendsForwardedClient,
            of: QueueDraft(),
            "Servers that offer XFORWARD, as content filters do, are told the client's name and address"
        )
    ]

    private static let standard = PoolDraft(
        name: Word("", line: 0, offset: 0),
        settings: PoolSettings(name: "")
    )

    private static let milters: [Keyword<PoolDraft>] = [
        Keyword(
            "smtpd_milters",
            "MILTER...",
            default: "none",
            "Filters that see a session while it goes on and may change the message, in this order: inet:HOST:PORT, unix:/PATH,"
                + " or { inet:HOST:PORT, default_action=accept, connect_timeout=10s } for one with manners of its own"
        ) { pool, words throws(Finding) in
            pool.settings.filters.milters = try FilterNotation.milters(
                try words.list("filters such as inet:127.0.0.1:8891")
            )
        },
        Keyword(
            "milter_default_action",
            "accept | reject | tempfail | quarantine | shutdown",
            default: standard.settings.filters.manner.defaultAction.rawValue,
            "What is done with mail while a milter cannot be asked; quarantine holds it in the queue"
        ) { pool, words throws(Finding) in
            pool.settings.filters.manner.defaultAction = try words.choice(
                MilterManner.DefaultAction.allCases.map { ($0.rawValue, $0) }
            )
        },
        .time(
            "milter_connect_timeout",
            \.settings.filters.manner.connectTimeout,
            of: standard,
            "How long connecting to a milter may take"
        ),
        .time(
            "milter_command_timeout",
            \.settings.filters.manner.commandTimeout,
            of: standard,
            "How long a milter may take over a command of the client"
        ),
        .time(
            "milter_content_timeout",
            \.settings.filters.manner.contentTimeout,
            of: standard,
            "How long a milter may take over a piece of a message"
        ),
        Keyword("milter_protocol", "VERSION", default: "6", "The version of the milter protocol: 2, 3, 4 or 6") {
            pool,
            words throws(Finding) in
            pool.settings.filters.manner.version = try FilterNotation.version(try words.next("a version"))
        },
    ]

    private static let macros: [Keyword<PoolDraft>] =
        [
            Keyword(
                "milter_macro_daemon_name",
                "NAME",
                default: "$myhostname",
                "What milters get as the macro {daemon_name}"
            ) { pool, words throws(Finding) in
                pool.settings.filters.daemonName = try words.next("a name").text
            }
        ]
        + [
            macros("milter_connect_macros", .connect, "when a client connects"),
            macros("milter_helo_macros", .hello, "at HELO and EHLO"),
            macros("milter_mail_macros", .mail, "at MAIL"),
            macros("milter_rcpt_macros", .recipient, "at RCPT"),
            macros("milter_data_macros", .data, "at DATA"),
            macros("milter_end_of_header_macros", .endOfHeaders, "behind the headers"),
            macros("milter_end_of_data_macros", .endOfMessage, "behind the message"),
        ]

    private static func macros(_ name: String, _ stage: MilterStage, _ when: String) -> Keyword<PoolDraft> {
        let standard = MilterMacros.standard[stage]?.joined(separator: " ") ?? ""
        return Keyword(name, "MACRO...", default: standard, "The macros that milters get \(when)") {
            pool,
            words throws(Finding) in
            pool.settings.filters.macros[stage] = try words.list("names of macros such as {client_addr}").map(\.text)
        }
    }

    private static let queue: [Keyword<PoolDraft>] = [
        Keyword(
            "content_filter",
            "smtp:[HOST]:PORT",
            default: "none",
            "Where the pool's mail is delivered to first; the filter gives it back to another pool, without content_filter"
        ) { pool, words throws(Finding) in
            let items = try words.list("the filter's address: smtp:[HOST]:PORT")
            pool.settings.filters.contentFilter = try items.first.map { word throws(Finding) in
                try FilterNotation.contentFilter(word)
            }
            if items.count > 1 { throw Finding(at: items[1], "there is one content filter, not \(items.count)") }
        },
        Keyword(
            "receive_override_options",
            "OPTION...",
            default: "none",
            "What a pool that takes mail back from a filter leaves out; read and without effect, for the pool does none of it"
        ) { _, words throws(Finding) in
            let known = [
                "no_unknown_recipient_checks", "no_address_mappings", "no_header_body_checks", "no_milters",
            ]
            for item in try words.list("options such as no_address_mappings") where !known.contains(item.text) {
                let hint = NearestWord.hint(for: item.text, among: known)
                throw Finding(at: item, "\(item.shown) is none of \(known.joined(separator: ", "))\(hint)")
            }
        },
        Keyword(
            "smtpd_authorized_xforward_hosts",
            "NETWORK...",
            default: "none",
            "Filters that may say with XFORWARD whose mail they bring, for the log"
        ) { pool, words throws(Finding) in
            pool.settings.filters.forwarders = []
            for item in try words.list("networks such as 127.0.0.0/8") {
                do throws(Finding) {
                    pool.settings.filters.forwarders.append(try NetworkList.range(item))
                } catch { words.findings.append(error) }
            }
        },
    ]

    private static let proxy: [Keyword<PoolDraft>] = [
        Keyword(
            "smtpd_proxy_filter",
            "HOST:PORT",
            default: "none",
            "A filter in front of the queue: the client gets its reply to the message; it gives the mail to another pool"
        ) { pool, words throws(Finding) in
            let items = try words.list("the filter's address: HOST:PORT")
            pool.settings.filters.proxyFilter = try items.first.map { word throws(Finding) in
                try FilterNotation.address(word)
            }
            if items.count > 1 {
                throw Finding(at: items[1], "there is one filter before the queue, not \(items.count)")
            }
            pool.proxyFilter = items.first
        },
        .time(
            "smtpd_proxy_timeout",
            \.settings.filters.proxyTimeout,
            of: standard,
            "How long the filter may take to let us connect, and over each reply"
        ),
        Keyword("smtpd_proxy_ehlo", "NAME", default: "$myhostname", "Our name in EHLO to the filter") {
            pool,
            words throws(Finding) in
            pool.settings.filters.proxyHello = try words.hostName()
        },
        Keyword(
            "smtpd_proxy_options",
            "speed_adjust",
            default: "speed_adjust",
            "The filter is called when the message is here; a pool does so always"
        ) { _, words throws(Finding) in
            for item in try words.list("options") where item.text != "speed_adjust" {
                throw Finding(at: item, "\(item.shown) is not an option of smtpd_proxy_options: write speed_adjust")
            }
        },
    ]
}
