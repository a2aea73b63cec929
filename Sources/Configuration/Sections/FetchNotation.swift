// SPDX-License-Identifier: Apache-2.0

import Balancing

/// Owns the names of what conditions can ask about (HAProxy configuration manual 7.3), one line each.
enum FetchNotation {
    /// One name: what may stand in its brackets, and what it makes.
    struct Entry: Sendable {
        enum Shape: Sendable {
            case plain(Fetch)
            /// A backend in brackets; without, the one that the connection is on its way to.
            case backend(@Sendable (String?) -> Fetch)
            /// A table in brackets; without, the section's own.
            case sourceCounter(@Sendable (StickReference) -> Fetch)
            /// `scN_...`: a table in brackets; without, the one that is tracked in.
            case trackedCounter(Int, @Sendable (StickReference) -> Fetch)
            /// `sc_...`: the number of the counter, and a table, in brackets.
            case numberedCounter(@Sendable (StickReference) -> Fetch)
            case payload
            case environment
            case tracked
        }

        let name: String
        let usage: String
        let summary: String
        let shape: Shape

        init(_ name: String, _ summary: String, _ shape: Shape) { self.init(name, "", summary, shape) }

        init(_ name: String, _ usage: String, _ summary: String, _ shape: Shape) {
            self.name = name
            self.usage = usage
            self.summary = summary
            self.shape = shape
        }
    }

    static let entries: [Entry] = plain + busy + counters

    private static let plain: [Entry] = [
        Entry(
            "src",
            "The client's address; the peer's own in 'tcp-request connection', before a PROXY header was read",
            .plain(.source)
        ),
        Entry("src_port", "The client's port", .plain(.sourcePort)),
        Entry("dst", "The address the client connected to", .plain(.destination)),
        Entry("dst_port", "The port the client connected to", .plain(.destinationPort)),
        Entry("src_is_local", "The client's address is one of this host's", .plain(.sourceIsLocal)),
        Entry("dst_is_local", "The address the client connected to is one of this host's", .plain(.destinationIsLocal)),
        Entry("fc_rcvd_proxy", "The connection began with a PROXY header", .plain(.receivedProxy)),
        Entry("fc_pp_authority", "The host name in the PROXY header", .plain(.authority)),
        Entry("fc_pp_unique_id", "The unique id in the PROXY header", .plain(.uniqueID)),
        Entry("always_true", "Holds", .plain(.always(true))),
        Entry("always_false", "Does not hold", .plain(.always(false))),
        Entry("env", "(NAME)", "An environment variable, as it was when the file was read", .environment),
        Entry("req.len", "How many bytes the client has sent", .plain(.requestLength)),
        Entry("req_len", "The same as req.len", .plain(.requestLength)),
        Entry("req.payload", "(OFFSET,LENGTH)", "Bytes that the client has sent; length 0: all of them", .payload),
        Entry("wait_end", "The delay of 'tcp-request inspect-delay' is over", .plain(.waitEnd)),
    ]

    private static let busy: [Entry] = [
        Entry("fe_conn", "Sessions of the frontend", .plain(.frontendConnections(nil))),
        Entry("fe_sess_rate", "New sessions of the frontend in a second", .plain(.frontendSessionRate(nil))),
        Entry("dst_conn", "Sessions of the frontend", .plain(.listenerConnections)),
        Entry("be_conn", "(BACKEND)", "Sessions of the backend", .backend { .backendConnections($0) }),
        Entry(
            "be_sess_rate",
            "(BACKEND)",
            "New sessions of the backend in a second",
            .backend { .backendSessionRate($0) }
        ),
        Entry("nbsrv", "(BACKEND)", "Servers of the backend that take connections", .backend { .usableServers($0) }),
        Entry("connslots", "(BACKEND)", "Connections its servers can still take", .backend { .connectionSlots($0) }),
        Entry("queue", "(BACKEND)", "Connections that wait for one of its servers", .backend { .queue($0) }),
        Entry("sc0_tracked", "'track-sc0' counts this connection", .plain(.isTracked(0))),
        Entry("sc1_tracked", "'track-sc1' counts this connection", .plain(.isTracked(1))),
        Entry("sc2_tracked", "'track-sc2' counts this connection", .plain(.isTracked(2))),
        Entry("sc_tracked", "(NUMBER)", "'track-scNUMBER' counts this connection", .tracked),
    ]

    private static let stored: [(name: String, summary: String, counter: StickCounter)] = [
        ("conn_cnt", "connections so far", .connections),
        ("conn_cur", "connections now", .current),
        ("conn_rate", "connections in the period of 'store conn_rate(...)'", .connectionRate),
        ("sess_cnt", "sessions so far", .sessions),
        ("sess_rate", "sessions in the period of 'store sess_rate(...)'", .sessionRate),
        ("bytes_in_rate", "bytes from the client in the period", .bytesInRate),
        ("bytes_out_rate", "bytes to the client in the period", .bytesOutRate),
        ("get_gpc0", "the counter that 'sc-inc-gpc0' raises", .gpc0),
        ("gpc0_rate", "how often that was raised in the period", .gpc0Rate),
        ("get_gpt0", "the number that 'sc-set-gpt0' sets", .gpt0),
    ]

    private static let counters: [Entry] =
        stored.flatMap { name, summary, counter in
            family(name, summary) { .counter(counter, of: $0) }
        } + family("inc_gpc0", "raises that counter, and is its new value") { .increment(of: $0) }

    private static func family(
        _ name: String,
        _ summary: String,
        _ make: @escaping @Sendable (StickReference) -> Fetch
    ) -> [Entry] {
        [
            Entry("src_\(name)", "[(TABLE)]", "Of the client's address: \(summary)", .sourceCounter(make)),
            Entry(
                "sc_\(name)",
                "(NUMBER[,TABLE])",
                "Of what 'track-scNUMBER' tracks: \(summary)",
                .numberedCounter(make)
            ),
        ]
            + (0..<RuleLimits.counters).map { number in
                Entry(
                    "sc\(number)_\(name)",
                    "[(TABLE)]",
                    "Of what 'track-sc\(number)' tracks: \(summary)",
                    .trackedCounter(number, make)
                )
            }
    }

    private static let byName = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }

    /// A fetch as it stands in an acl.
    static func read(_ word: Word) throws(Finding) -> RuleDraft.Asking {
        let text = word.text
        let end = text.firstIndex { $0 == "(" || $0 == "," } ?? text.endIndex
        let name = String(text[..<end])
        guard let entry = byName[name] else {
            let hint = NearestWord.hint(for: name, among: entries.lazy.map(\.name))
            let what = hint.isEmpty && unsupported.contains(name) ? "is not supported by this version" : "is unknown"
            throw Finding(at: word, "\(name.shown) \(what) in a condition\(hint)")
        }
        var arguments: [Word] = []
        var rest = text[end...]
        if rest.first == "(" {
            guard let close = rest.firstIndex(of: ")") else {
                throw Finding(at: word, "a ')' is missing in \(word.shown)")
            }
            let inside = rest[rest.index(after: rest.startIndex)..<close]
            let distance = text.utf8.distance(from: text.startIndex, to: inside.startIndex)
            arguments = word.part(inside, at: distance).listed
            rest = rest[rest.index(after: close)...]
        }
        guard rest.isEmpty else {
            throw Finding(
                at: word.part(rest, at: text.utf8.distance(from: text.startIndex, to: rest.startIndex)),
                "\(String(rest).shown) after \(name.shown) is not supported by this version: converters work in 'track-sc' alone"
            )
        }
        return try make(entry, word, arguments)
    }

    private static let unsupported: Set<String> = [
        "req.ssl_sni", "req_ssl_sni", "ssl_fc", "ssl_fc_sni", "src_kbytes_in", "src_kbytes_out", "rand", "date", "hdr",
        "path",
        "url", "method", "so_id", "fc_rtt", "fc_pp_tlv", "srv_is_up", "srv_conn", "avg_queue", "be_conn_free", "var",
        "src_updt_conn_cnt", "src_clr_gpc0", "sc0_clr_gpc0", "req.rdp_cookie", "fe_name", "stopping", "str", "int",
        "bool",
    ]

    private static func make(
        _ entry: Entry,
        _ word: Word,
        _ arguments: [Word]
    ) throws(Finding) -> RuleDraft.Asking {
        func check(_ range: ClosedRange<Int>, _ what: String) throws(Finding) {
            guard range.contains(arguments.count) else {
                throw Finding(at: word, range.upperBound == 0 ? "\(entry.name.shown) takes nothing in brackets" : what)
            }
        }
        func asking(_ fetch: Fetch) -> RuleDraft.Asking {
            RuleDraft.Asking(word: word, kind: fetch.kind, subject: .ready(fetch))
        }
        func number(_ word: Word) throws(Finding) -> Int {
            try Quantity.integer(word, in: 0...(RuleLimits.counters - 1))
        }
        switch entry.shape {
        case .plain(let fetch):
            try check(0...0, "")
            return asking(fetch)
        case .backend(let make):
            try check(0...1, "\(entry.name.shown) takes one backend in brackets")
            return RuleDraft.Asking(word: word, kind: make(nil).kind, subject: .backend(arguments.first, make))
        case .sourceCounter(let make):
            try check(0...1, "\(entry.name.shown) takes one table in brackets")
            return RuleDraft.Asking(
                word: word,
                kind: .number,
                subject: .table(arguments.first) { make(.source(table: $0)) }
            )
        case .trackedCounter(let counter, let make):
            try check(0...1, "\(entry.name.shown) takes one table in brackets")
            return tracked(counter, arguments.first, word, make)
        case .numberedCounter(let make):
            try check(1...2, "\(entry.name.shown) needs the number of a counter in brackets: \(entry.name)(0)")
            return tracked(try number(arguments[0]), arguments.count > 1 ? arguments[1] : nil, word, make)
        case .tracked:
            try check(1...1, "'sc_tracked' needs the number of a counter in brackets: sc_tracked(0)")
            return asking(.isTracked(try number(arguments[0])))
        case .payload:
            try check(2...2, "'req.payload' needs offset and length in brackets: req.payload(0,4)")
            let range = 0...RuleLimits.contentBytes
            let offset = try Quantity.integer(arguments[0], in: range)
            return asking(.requestPayload(offset: offset, length: try Quantity.integer(arguments[1], in: range)))
        case .environment:
            try check(1...1, "'env' needs the name of a variable in brackets: env(NAME)")
            return RuleDraft.Asking(word: word, kind: .bytes, subject: .environment(arguments[0]))
        }
    }

    private static func tracked(
        _ counter: Int,
        _ table: Word?,
        _ word: Word,
        _ make: @escaping (StickReference) -> Fetch
    ) -> RuleDraft.Asking {
        let subject: RuleDraft.Asking.Subject
        if let table {
            subject = .table(table) { make(.tracked(counter, table: $0)) }
        } else {
            subject = .ready(make(.tracked(counter, table: nil)))
        }
        return RuleDraft.Asking(word: word, kind: .number, subject: subject)
    }
}
