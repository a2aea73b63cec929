// SPDX-License-Identifier: Apache-2.0

import Balancing
import Delivery
import Reception

/// Owns the sections of one file while they become settings: reads each by its table, then checks what they say about each
/// other and hands everything over in the roles' form.
struct Assembly {
    private(set) var global = ApplianceSettings()
    private(set) var proxies: [ProxyDraft] = []
    private(set) var pools: [PoolDraft] = []
    private(set) var queue: (keyword: Word, draft: QueueDraft)?
    /// Sections in `mode http` that are a page.
    private(set) var pages: [ProxyDraft] = []
    /// Sections in `mode http` that are none, which are known by name but left out.
    private(set) var leftOut: [ProxyDraft] = []
    /// Where the words of `global` were written that had an effect.
    private(set) var given: [String: Word] = [:]
    /// What `global` has, right or wrong.
    private(set) var written = WrittenWords()
    private var defaults: [(name: String?, draft: ProxyDraft)] = []

    init(hostname: String) {
        global.hostname = hostname.isHostName ? hostname.lowercased() : "localhost"
    }

    /// Reads every section; `global` first, because others take the hostname from it.
    mutating func read(_ sections: [Section], findings: inout Findings) {
        for section in sections where section.kind == .global { readGlobal(section, &findings) }
        for section in sections {
            switch section.kind {
            case .global: break
            case .defaults: readDefaults(section, &findings)
            case .frontend, .backend, .listen: readProxy(section, &findings)
            case .pool: readPool(section, &findings)
            case .queue: readQueue(section, &findings)
            }
        }
    }

    // MARK: - global

    private mutating func readGlobal(_ section: Section, _ findings: inout Findings) {
        refuseExtraWords(section.header, of: section, &findings)
        for statement in section.statements {
            written.note(statement)
            if let name = GlobalKeywords.table.apply(statement, to: &global, in: .global, &findings) {
                given[name] = statement.words.first
            }
        }
    }

    // MARK: - defaults, frontend, backend, listen

    private mutating func readDefaults(_ section: Section, _ findings: inout Findings) {
        let (name, base) = header(of: section, &findings)
        var draft = base ?? ProxyDraft(kind: .defaults, name: name ?? section.keyword)
        draft.kind = .defaults
        draft.name = name ?? section.keyword
        apply(section, to: &draft, &findings)
        defaults.append((name?.text, draft))
    }

    private mutating func readProxy(_ section: Section, _ findings: inout Findings) {
        let (name, named) = header(of: section, &findings)
        let base = named ?? defaults.last?.draft
        let word = name ?? section.keyword
        var draft =
            base.map { ProxyDraft(kind: section.kind, name: word, from: $0) }
            ?? ProxyDraft(kind: section.kind, name: word)
        apply(section, to: &draft, &findings)
        if draft.http != nil, draft.isPage, draft.isFrontend {
            if name != nil { addPage(draft, &findings) }
            return
        }
        if let http = draft.http {
            leftOut.append(draft)
            findings.warn(
                at: http.line >= section.keyword.line ? http : section.keyword,
                "there is no HTTP here but the page, metrics and health: \(draft.title) is left out, and nothing listens on its addresses"
            )
            return
        }
        guard name != nil else { return }
        let rivals = proxies.filter { ($0.isFrontend && draft.isFrontend) || ($0.isBackend && draft.isBackend) }
        if let twin = rivals.first(where: { $0.name.text == draft.name.text }) {
            findings.error(at: draft.name, "\(twin.title) has this name already, in line \(twin.name.line + 1)")
            return
        }
        proxies.append(draft)
    }

    private mutating func addPage(_ draft: ProxyDraft, _ findings: inout Findings) {
        if let twin = pages.first(where: { $0.name.text == draft.name.text }) {
            findings.error(at: draft.name, "\(twin.title) has this name already, in line \(twin.name.line + 1)")
            return
        }
        pages.append(draft)
    }

    /// Applies a section's statements; of a section in `mode http` only those of a page are looked at.
    private func apply(_ section: Section, to draft: inout ProxyDraft, _ findings: inout Findings) {
        if let mode = section.statements.last(where: { $0.words.first?.text == "mode" }) {
            draft.http = mode.words.dropFirst().first?.text == "http" ? mode.words.first : nil
        }
        guard draft.http == nil else { return applyPage(section, to: &draft, &findings) }
        for statement in section.statements {
            draft.written.note(statement)
            if let name = ProxyKeywords.table.apply(statement, to: &draft, in: section.kind, &findings) {
                draft.given[name] = statement.words.first
            }
        }
    }

    private func applyPage(_ section: Section, to draft: inout ProxyDraft, _ findings: inout Findings) {
        func name(_ statement: Statement) -> String {
            PageKeywords.table.match(statement.words)?.keyword.entry.name ?? ""
        }
        draft.isPage = draft.isPage || section.statements.contains { PageKeywords.isPage(name($0)) }
        guard draft.isPage else { return }
        for statement in section.statements {
            draft.written.note(statement)
            // why: the words of a 'defaults' section are for many sections, and most of them not for the page.
            guard section.kind != .defaults || PageKeywords.isPage(name(statement)) else { continue }
            PageKeywords.table.apply(statement, to: &draft, in: section.kind, &findings)
        }
    }

    /// The name of a section, and the `defaults` section that `from` names.
    private func header(of section: Section, _ findings: inout Findings) -> (name: Word?, base: ProxyDraft?) {
        var words = section.header[...]
        var name: Word?
        if let first = words.first, first.text != "from" || section.kind.naming == .required {
            name = first
            words = words.dropFirst()
        }
        if let name, !name.text.isProxyName {
            findings.error(at: name, "\(name.shown) is no name: use letters, digits, '-', '_', '.' and ':'")
        }
        if name == nil, section.kind.naming == .required {
            findings.error(at: section.keyword, "'\(section.kind.rawValue)' needs a name")
        }
        guard section.kind.isProxy, let from = words.first, from.text == "from" else {
            refuseExtraWords(Array(words), of: section, &findings)
            return (name, nil)
        }
        words = words.dropFirst()
        guard let wanted = words.popFirst() else {
            findings.error(at: from, "'from' needs the name of a defaults section")
            return (name, nil)
        }
        refuseExtraWords(Array(words), of: section, &findings)
        let candidates = defaults.filter { $0.name == wanted.text }
        if candidates.count > 1 {
            findings.error(at: wanted, "there are \(candidates.count) defaults sections named \(wanted.shown)")
        }
        guard let base = candidates.last else {
            let hint = NearestWord.hint(for: wanted.text, among: defaults.compactMap(\.name))
            findings.error(at: wanted, "no defaults section before this one is named \(wanted.shown)\(hint)")
            return (name, nil)
        }
        return (name, base.draft)
    }

    private func refuseExtraWords(_ words: [Word], of section: Section, _ findings: inout Findings) {
        guard let extra = words.first else { return }
        findings.error(at: extra, "unexpected \(extra.shown) in the first line of section '\(section.kind.rawValue)'")
    }

    // MARK: - pool, queue

    private mutating func readPool(_ section: Section, _ findings: inout Findings) {
        let (name, _) = header(of: section, &findings)
        var draft = PoolDraft(
            name: name ?? section.keyword,
            settings: PoolSettings(name: (name ?? section.keyword).text)
        )
        draft.settings.hostname = global.hostname
        section.statements.forEach { draft.written.note($0) }
        apply(section, by: PoolKeywords.table, to: &draft, &findings)
        guard let name else { return }
        if let twin = pools.first(where: { $0.name.text == name.text }) {
            findings.error(at: name, "pool \(name.shown) is already there in line \(twin.name.line + 1)")
            return
        }
        pools.append(draft)
    }

    private mutating func readQueue(_ section: Section, _ findings: inout Findings) {
        refuseExtraWords(section.header, of: section, &findings)
        if let queue {
            findings.error(at: section.keyword, "the queue is already there in line \(queue.keyword.line + 1)")
            return
        }
        var draft = QueueDraft()
        draft.delivery.hostname = global.hostname
        section.statements.forEach { draft.written.note($0) }
        apply(section, by: QueueKeywords.table, to: &draft, &findings)
        queue = (section.keyword, draft)
    }

    /// Applies a section of parameters: `$name` first, then each by its table.
    private func apply<Target>(
        _ section: Section,
        by table: KeywordTable<Target>,
        to target: inout Target,
        _ findings: inout Findings
    ) {
        // The last line counts when a name is given twice, so what a name stands for is known before anything is applied.
        let own = section.statements.last { $0.words.first?.text == "myhostname" }?.words.dropFirst().first?.text
        let hostname = own.flatMap { $0.contains("$") ? nil : $0 } ?? global.hostname
        let domain = hostname.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? hostname
        // why: attributes of reply templates are replaced later, when a reply is given.
        let attributes = ReplyTemplate.attributes.map { ($0, "$$" + $0) }
        let expansion = ParameterExpansion(
            section.statements,
            standard: [
                "myhostname": global.hostname, "mydomain": domain, "myorigin": hostname, "mail_name": "relaybox",
            ].merging(attributes) { first, _ in first },
            isKnown: { name in table.match([Word(name, line: 0, offset: 0)]) != nil }
        )
        var places: [String: Word] = [:]
        for statement in section.statements {
            guard let word = statement.words.first else { continue }
            guard let (keyword, _) = table.match(statement.words), keyword.entry.status != .ignored else {
                table.apply(statement, to: &target, in: section.kind, &findings)
                continue
            }
            do throws(Finding) {
                let expanded = try expansion.expand(statement)
                guard let name = table.apply(expanded, to: &target, in: section.kind, &findings) else { continue }
                if !keyword.entry.isRepeatable, let earlier = places[name] {
                    findings.warn(at: word, "'\(name)' is given twice: this line counts, not line \(earlier.line + 1)")
                }
                places[name] = word
            } catch { findings.add(error) }
        }
    }
}
