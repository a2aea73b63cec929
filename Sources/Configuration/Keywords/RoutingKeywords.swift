// SPDX-License-Identifier: Apache-2.0

import Delivery

/// The words of `queue` that say which way mail goes: Postfix's parameters (postconf(5), transport(5)).
enum RoutingKeywords {
    static let all: [Keyword<QueueDraft>] = hops + addresses + limits

    private static let standard = QueueDraft()

    private static let hops: [Keyword<QueueDraft>] = [
        Keyword(
            "relayhost",
            "[HOST]:PORT | DOMAIN:PORT",
            default: "none: the mail exchangers of each recipient's domain",
            "Where all mail goes; brackets: the host itself, without: the domain's MX records; the port is 25 where none is given"
        ) { queue, words throws(Finding) in
            let text = words.joined
            guard let word = words.peek, !text.isEmpty else {
                if !words.isAssignment { throw Finding(at: words.keyword, "'relayhost' needs [HOST]:PORT") }
                queue.delivery.relayHost = nil
                return
            }
            let items = try words.list("[HOST]:PORT")
            guard let item = items.first else { throw Finding(at: word, "'relayhost' needs [HOST]:PORT") }
            if items.count > 1 {
                throw Finding(at: items[1], "'relayhost' takes one next hop: write others as 'smtp_fallback_relay'")
            }
            queue.delivery.relayHost = try NextHopNotation.nextHop(item)
        },
        Keyword(
            "transport_maps",
            "texthash:/FILE | hash:/FILE | inline:{PATTERN=RESULT, ...}",
            default: "none",
            "Which way mail for some recipients and domains goes instead, such as smtp:[192.0.2.1]:25; files are read again"
                + " when they change"
        ) { queue, words throws(Finding) in
            (queue.delivery.routing.transportTables, queue.transportTables) = try TransportNotation.tables(&words)
        },
        Keyword(
            "smtp_fallback_relay",
            "[HOST]:PORT ...",
            default: "none",
            "Next hops for mail whose destination is not found or not reached, tried in turn"
        ) { queue, words throws(Finding) in
            let items = try words.list("[HOST]:PORT")
            guard items.count <= 10 else { throw Finding(at: items[10], "'smtp_fallback_relay' takes 10 next hops") }
            var hops: [DeliverySettings.NextHop] = []
            for item in items { hops.append(try NextHopNotation.nextHop(item)) }
            queue.delivery.routing.fallbackRelays = hops
        },
        Keyword(
            "defer_transports",
            "smtp",
            default: "none",
            "With 'smtp' nothing is delivered: mail is accepted and waits in the queue"
        ) { queue, words throws(Finding) in
            let items = try words.list("smtp")
            for item in items where !["smtp", "relay"].contains(item.text) {
                throw Finding(at: item, "\(item.shown) is no transport of this version: 'smtp' is")
            }
            queue.delivery.routing.defersEverything = items.contains { $0.text == "smtp" }
        },
        Keyword("smtp_tcp_port", "PORT", default: "25", "The port of mail exchangers") { queue, words throws(Finding) in
            if let word = words.peek, ["smtp", "mail"].contains(word.text) {
                words.skip()
                queue.delivery.routing.port = 25
            } else {
                queue.delivery.routing.port = try words.integer(in: 1...65_535)
            }
        },
    ]

    private static let addresses: [Keyword<QueueDraft>] = [
        Keyword(
            "inet_protocols",
            "all | ipv4 | ipv6",
            default: "all",
            "Which addresses of servers are used"
        ) { queue, words throws(Finding) in
            var usesIPv4 = false
            var usesIPv6 = false
            for item in try words.list("'all', 'ipv4' or 'ipv6'") {
                switch item.text {
                case "all": (usesIPv4, usesIPv6) = (true, true)
                case "ipv4": usesIPv4 = true
                case "ipv6": usesIPv6 = true
                default: throw Finding(at: item, "\(item.shown) is none of 'all', 'ipv4', 'ipv6'")
                }
            }
            guard usesIPv4 || usesIPv6 else { throw Finding(at: words.keyword, "'inet_protocols' needs one of them") }
            queue.delivery.routing.usesIPv4 = usesIPv4
            queue.delivery.routing.usesIPv6 = usesIPv6
        },
        Keyword(
            "smtp_address_preference",
            "any | ipv4 | ipv6",
            default: "any",
            "Which addresses are tried first among servers of one preference"
        ) { queue, words throws(Finding) in
            queue.delivery.routing.addressPreference =
                try words.choice([("any", .any), ("ipv4", .ipv4), ("ipv6", .ipv6)])
        },
        .boolean(
            "smtp_randomize_addresses",
            \.delivery.routing.randomizes,
            of: standard,
            "Whether servers and addresses of one preference are tried in random order"
        ),
        Keyword(
            "disable_dns_lookups",
            "yes | no",
            default: "no",
            "With 'yes' no MX records are asked for: mail goes to the addresses of the domain itself"
        ) { queue, words throws(Finding) in
            queue.delivery.routing.usesExchangers = !(try words.boolean())
        },
        .boolean(
            "smtp_skip_5xx_greeting",
            \.delivery.routing.skipsPermanentGreeting,
            of: standard,
            "Whether a server that refuses in its greeting with 5xx is passed over, and mail is tried again"
        ),
    ]

    private static let limits: [Keyword<QueueDraft>] = [
        .number(
            "smtp_mx_address_limit",
            \.delivery.routing.addressLimit,
            of: standard,
            in: 0...100,
            "Addresses tried in one attempt; 0: all"
        ),
        .number(
            "smtp_mx_session_limit",
            \.delivery.routing.sessionLimit,
            of: standard,
            in: 0...100,
            "Servers of a next hop that a message is offered to in one attempt, those that refuse in greeting or EHLO not counted; 0: all"
        ),
        .number(
            "initial_destination_concurrency",
            \.delivery.routing.initialConcurrency,
            of: standard,
            in: 1...10_000,
            "Connections to a destination at once before it has taken mail; every delivery allows one more"
        ),
        .number(
            "smtp_destination_limit",
            \.delivery.routing.destinationLimit,
            of: standard,
            in: 1...1_000_000,
            "Destinations in memory; mail for further ones waits for a minute"
        ),
        .number(
            "smtp_connection_limit",
            \.delivery.routing.connectionLimit,
            of: standard,
            in: 1...100_000,
            "Connections to all destinations together"
        ),
        .number(
            "trace_history",
            \.delivery.traceHistory,
            of: standard,
            in: 0...10_000_000,
            "Log lines kept in memory for 'relaybox trace', about 400 bytes each; 0: none"
        ),
    ]
}
