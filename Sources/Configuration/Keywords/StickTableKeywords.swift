// SPDX-License-Identifier: Apache-2.0

import Balancing

/// `stick-table` (HAProxy configuration manual 4.2).
enum StickTableKeywords {
    static let working: [Keyword<ProxyDraft>] = [
        Keyword(
            "stick-table",
            "type ip|ipv6 size NUMBER [expire TIME] [nopurge] [store WHAT[,WHAT]...]",
            in: [.frontend, .backend, .listen],
            "A table of addresses with counters, known by the section's name: gpt0, gpc0, gpc0_rate(TIME), conn_cnt, conn_cur,"
                + " conn_rate(TIME), sess_cnt, sess_rate(TIME), bytes_in_cnt, bytes_in_rate(TIME), bytes_out_cnt,"
                + " bytes_out_rate(TIME); 'ip' counts IPv4 alone, 'ipv6' both; a full table forgets who was not seen for longest",
            strict: true
        ) { proxy, words throws(Finding) in
            try read(&proxy, &words)
        }
    ]

    private static let options = ["type", "size", "expire", "nopurge", "store", "peers", "srvkey", "write-to"]

    private static func read(_ proxy: inout ProxyDraft, _ words: inout Arguments) throws(Finding) {
        var type: StickTableSettings.KeyType?
        var size: Int?
        var table = StickTableSettings(name: proxy.name.text, size: 0)
        while let word = words.peek {
            words.skip()
            switch word.text {
            case "type": type = try keyType(&words)
            case "size": size = try words.size(in: 1...RuleLimits.tableEntries)
            case "expire":
                let time = try words.time(unit: .milliseconds, in: 0...Quantity.longestTime)
                table.expiry = time == 0 ? nil : time
            case "nopurge": table.keepsOldest = true
            case "store":
                for item in try words.next("what to store, such as conn_rate(10s)").listed {
                    let stored = try stored(item)
                    if let twin = table.stored.firstIndex(where: { $0.counter == stored.counter }) {
                        table.stored[twin] = stored
                    } else {
                        table.stored.append(stored)
                    }
                }
            case "peers":
                let peers = try words.next("the name of a peers section")
                words.warn(
                    at: peers,
                    "'peers' is not supported by this version and ignored: stick tables are not exchanged"
                )
            default:
                let hint = NearestWord.hint(for: word.text, among: options)
                throw Finding(
                    at: word,
                    "'stick-table' takes 'type', 'size', 'expire', 'nopurge' and 'store', not \(word.shown)\(hint)"
                )
            }
        }
        guard let type else { throw Finding(at: words.keyword, "'stick-table' needs 'type ip' or 'type ipv6'") }
        guard let size else { throw Finding(at: words.keyword, "'stick-table' needs 'size NUMBER'") }
        let order = StickCounter.allCases
        table.stored.sort { (order.firstIndex(of: $0.counter) ?? 0) < (order.firstIndex(of: $1.counter) ?? 0) }
        table.type = type
        table.size = size
        proxy.rules.table = table
    }

    private static func keyType(_ words: inout Arguments) throws(Finding) -> StickTableSettings.KeyType {
        let word = try words.next("'ip' or 'ipv6' after 'type'")
        switch word.text {
        case "ip", "ipv4": return .ip
        case "ipv6": return .ipv6
        case "integer", "string", "binary":
            throw Finding(
                at: word,
                "tables of 'type \(word.text)' are not supported by this version: addresses are counted"
            )
        default:
            let hint = NearestWord.hint(for: word.text, among: ["ip", "ipv6"])
            throw Finding(at: word, "'type' takes 'ip' or 'ipv6', not \(word.shown)\(hint)")
        }
    }

    /// `conn_cur` or `conn_rate(10s)`.
    private static func stored(_ word: Word) throws(Finding) -> StickTableSettings.Stored {
        let name = String(word.text.prefix { $0 != "(" })
        guard let counter = StickCounter(rawValue: name) else {
            let hint = NearestWord.hint(for: name, among: StickCounter.allCases.map(\.rawValue))
            let known =
                hint.isEmpty ? ": write one of \(StickCounter.allCases.map(\.rawValue).joined(separator: ", "))" : hint
            throw Finding(at: word, "\(name.shown) cannot be stored\(known)")
        }
        guard counter.isRate else {
            guard name == word.text else { throw Finding(at: word, "'\(name)' has no period") }
            return .init(counter)
        }
        let inside = word.text.dropFirst(name.count)
        guard inside.hasPrefix("("), inside.hasSuffix(")"), inside.count > 2 else {
            throw Finding(at: word, "'\(name)' needs a period: \(name)(10s)")
        }
        let period = word.part(inside.dropFirst().dropLast(), at: name.utf8.count + 1)
        return .init(counter, period: try Quantity.time(period, unit: .milliseconds, in: 1...Quantity.longestTime))
    }
}
