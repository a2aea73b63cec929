// SPDX-License-Identifier: Apache-2.0

/// Owns the view over all tables: where a word is at home, which words are secret, and what the manual lists.
enum Vocabulary {
    /// A table as the manual shows it.
    struct Chapter: Sendable {
        let title: String
        let introduction: String
        let entries: [KeywordEntry]
    }

    static let chapters: [Chapter] = [
        Chapter(
            title: "Section global",
            introduction: "What holds for the whole process.",
            entries: GlobalKeywords.table.entries
        ),
        Chapter(
            title: "Options of stats socket",
            introduction: "They follow the address on the same line.",
            entries: StatsSocketKeywords.table.entries
        ),
        Chapter(
            title: "Sections defaults, frontend, backend and listen",
            introduction:
                "The balancer. A listen section is a frontend and a backend in one; a defaults section holds what"
                + " the sections after it start from, or those that name it with 'from NAME'.",
            entries: ProxyKeywords.table.entries
        ),
        Chapter(
            title: "Sections listen and frontend in mode http",
            introduction:
                "A page for people, CSV and JSON for HAProxy's tools, metrics for Prometheus, and /healthz, which answers 200"
                + " while mail can be taken and else 503 with the reason. There is no other HTTP.",
            entries: PageKeywords.table.entries
        ),
        Chapter(
            title: "Conditions",
            introduction:
                "What 'acl NAME ...' and '{ ... }' can ask, with the values that must match: addresses, networks or -f FILE"
                + " after an address, 'eq', 'ge', 'gt', 'le', 'lt' and numbers or ranges after a number, texts after -m str,"
                + " beg, end, sub, bin or len after bytes. Conditions that stand together must all hold; 'or' or '||' begins"
                + " an alternative, '!' turns one round, 'unless' instead of 'if' all of them.",
            entries: FetchNotation.manual
        ),
        Chapter(
            title: "Options of bind",
            introduction: "They follow the address on the same line, in frontend, listen and pool.",
            entries: BindKeywords.table.entries
        ),
        Chapter(
            title: "Options of server",
            introduction: "They follow the address on the same line.",
            entries: ServerKeywords.table.entries
        ),
        Chapter(
            title: "Section pool",
            introduction:
                "SMTP sessions: one section for each pool, with the parameters of Postfix's SMTP server. Tables and restrictions are"
                + " described in the next two chapters.",
            entries: PoolKeywords.table.entries
        ),
        Chapter(
            title: "Tables of pool",
            introduction:
                "TABLE, and a table in a list of restrictions, is TYPE:/FILE: 'hash', 'texthash', 'lmdb' and their kin for the"
                + " source text with 'KEY ACTION' lines, 'pcre' and 'regexp' for lines '/PATTERN/FLAGS ACTION', which are asked for"
                + " whole names and addresses, with '!', 'if', 'endif' and '$1', and in restrictions 'cidr' for lines"
                + " 'NETWORK ACTION'. A table may stand in the value itself: inline:{KEY=ACTION, {KEY = ACTION TEXT}},"
                + " pcre:{{/PATTERN/ ACTION}}, with '$$' for a dollar or single quotes around it. An expression with a back"
                + " reference, look-around or an atomic group is refused: it cannot be searched for in linear time. ACTION is OK,"
                + " DUNNO, REJECT, DEFER, DEFER_IF_PERMIT or DEFER_IF_REJECT with a text, a code such as 550 with a text, INFO or"
                + " WARN with a text for the log, HOLD, DISCARD, PREPEND HEADER, REDIRECT ADDRESS or BCC ADDRESS.",
            entries: []
        ),
        Chapter(
            title: "Restrictions of pool",
            introduction:
                "The lists smtpd_client_restrictions, smtpd_helo_restrictions, smtpd_sender_restrictions, smtpd_relay_restrictions,"
                + " smtpd_recipient_restrictions, smtpd_data_restrictions and smtpd_end_of_data_restrictions know"
                + " \(RestrictionNotation.summary). LIST is a zone such as zen.example.org or zen.example.org=127.0.0.[2..11];"
                + " SERVICE is inet:HOST:PORT, unix:/PATH or { inet:HOST:PORT, timeout=10s, default_action=DUNNO }.",
            entries: []
        ),
        Chapter(
            title: "Section queue",
            introduction: "The spool and delivery, with the parameters of Postfix's queue and SMTP client.",
            entries: QueueKeywords.table.entries
        ),
    ]

    private static let secrets = Set(chapters.flatMap(\.entries).filter(\.isSecret).map(\.name))

    /// Whether what follows the word must not be shown: a secret keyword, and any word that looks like one, known or not.
    static func isSecret(_ name: String) -> Bool {
        let lowered = name.lowercased()
        if lowered.hasSuffix("_maps") { return false }
        return secrets.contains(lowered) || lowered == "stats auth" || lowered.hasSuffix("password")
            || lowered.hasSuffix("passwd") || lowered.hasSuffix("secret")
            || secrets.contains { NearestWord.to(lowered, among: [$0]) != nil }
    }

    private static let working = Set(
        (PoolKeywords.table.entries + QueueKeywords.table.entries).filter { $0.status == .works }.map(\.name)
    )

    /// Whether the word is a parameter of `pool` or `queue` that has an effect.
    static func works(_ name: String) -> Bool { working.contains(name) }

    /// The sections in which a statement that begins with these words may stand, except `kind`.
    static func homes(of words: [String], besides kind: SectionKind) -> [String] {
        var homes: SectionSet = []
        for (sections, entries) in [
            (SectionSet.global, GlobalKeywords.table.entries),
            (SectionSet.proxies, ProxyKeywords.table.entries),
            (SectionSet.pool, PoolKeywords.table.entries),
            (SectionSet.queue, QueueKeywords.table.entries),
        ] {
            for entry in entries where entry.status == .works || entry.status == .refused {
                let parts = entry.name.split(separator: " ").map(String.init)
                guard words.starts(with: parts) else { continue }
                homes.formUnion(entry.sections.isEmpty ? sections : entry.sections)
            }
        }
        homes.remove(SectionSet(kind))
        return homes.names
    }
}
