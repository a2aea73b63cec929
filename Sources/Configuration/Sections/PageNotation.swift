// SPDX-License-Identifier: Apache-2.0

import Control
import ProxyProtocol

/// Owns a section in `mode http` while it is read.
struct PageDraft {
    var settings = PageSettings(name: "")
    /// The section's `acl` lines by name: any of them may hold.
    var lists: [String: [PageCondition.Test]] = [:]
    /// Where `stats admin` stands.
    var administration: Word?
}

/// Owns conditions as text (HAProxy configuration manual 7.2): names, `{ src ... }`, `!`, `or`.
enum PageNotation {
    /// Alternatives of one condition at most.
    private static let limit = 64

    /// Reads `if` or `unless` and what follows; nil where there is neither.
    static func condition(
        _ words: inout Arguments,
        _ lists: [String: [PageCondition.Test]]
    ) throws(Finding) -> PageCondition? {
        guard let first = words.peek else { return nil }
        guard first.text == "if" || first.text == "unless" else {
            throw Finding(at: first, "\(first.shown) is neither 'if' nor 'unless'")
        }
        words.skip()
        var alternatives: [[PageCondition.Term]] = []
        var open: [[PageCondition.Term]] = [[]]
        var rest = words.rest()[...]
        while let word = rest.popFirst() {
            if word.text == "or" || word.text == "||" {
                alternatives += open
                open = [[]]
                continue
            }
            var (name, isNegated) = (word, false)
            if word.text == "!", let next = rest.popFirst() {
                (name, isNegated) = (next, true)
            } else if word.text.hasPrefix("!"), word.text != "!" {
                (name, isNegated) = (word.part(word.text.dropFirst(), at: 1), true)
            }
            let tests = try self.tests(name, &rest, lists)
            // A name with several 'acl' lines holds where one of them does.
            if isNegated {
                open = open.map { $0 + tests.map { .init($0, isNegated: true) } }
            } else {
                open = open.flatMap { terms in tests.map { terms + [.init($0)] } }
            }
            guard open.count + alternatives.count <= limit else {
                throw Finding(at: word, "the condition has more than \(limit) alternatives")
            }
        }
        alternatives = (alternatives + open).filter { !$0.isEmpty }
        guard !alternatives.isEmpty else { throw Finding(at: first, "a condition is missing after '\(first.text)'") }
        return PageCondition(alternatives, isNegated: first.text == "unless")
    }

    private static func tests(
        _ word: Word,
        _ rest: inout ArraySlice<Word>,
        _ lists: [String: [PageCondition.Test]]
    ) throws(Finding) -> [PageCondition.Test] {
        switch word.text {
        case "TRUE": return [.always]
        case "LOCALHOST": return [.localhost]
        case "{":
            guard let end = rest.firstIndex(where: { $0.text == "}" }) else {
                throw Finding(at: word, "a '}' is missing; it stands by itself, with a blank before it")
            }
            let inner = rest[..<end]
            rest = rest[rest.index(after: end)...]
            return [try test(inner, at: word)]
        default:
            guard let tests = lists[word.text] else {
                let known = ["TRUE", "LOCALHOST"] + lists.keys.sorted()
                let hint = NearestWord.hint(for: word.text, among: known)
                throw Finding(
                    at: word,
                    "no 'acl' of this section is named \(word.shown)\(hint); TRUE, LOCALHOST and { src NETWORK } need none"
                )
            }
            return tests
        }
    }

    /// Reads `src NETWORK...`, `path PATH...` or `path_beg PREFIX...`.
    static func test(_ words: ArraySlice<Word>, at place: Word) throws(Finding) -> PageCondition.Test {
        guard let fetch = words.first else { throw Finding(at: place, "a test such as 'src 127.0.0.1' is missing") }
        let values = words.dropFirst()
        if let flag = values.first, flag.text.hasPrefix("-") {
            throw Finding(at: flag, "\(flag.shown) is not understood here")
        }
        guard !values.isEmpty else { throw Finding(at: fetch, "\(fetch.shown) needs a value") }
        switch fetch.text {
        case "src":
            var ranges: [AddressRange] = []
            for value in values { ranges.append(try NetworkList.range(value)) }
            return .source(ranges)
        case "path": return .path(values.map(\.text))
        case "path_beg": return .pathPrefix(values.map(\.text))
        default:
            let hint = NearestWord.hint(for: fetch.text, among: ["src", "path", "path_beg"])
            throw Finding(at: fetch, "\(fetch.shown) is not understood on the page, only src, path and path_beg\(hint)")
        }
    }
}

// From the draft to the settings of the page.
extension Assembly {
    func page(_ draft: ProxyDraft, _ findings: inout Findings) -> PageSettings {
        var page = draft.page.settings
        page.name = draft.name.text
        page.listeners =
            draft.disabled
            ? []
            : draft.binds.flatMap { bind in
                bind.addresses.map { address in
                    var listener = PageSettings.Listener(address: address.endpoint)
                    if bind.hasBacklog { listener.backlog = bind.settings.backlog }
                    return listener
                }
            }
        if page.listeners.isEmpty { page.hasPage = false }
        for bind in draft.binds where bind.acceptProxy {
            findings.error(at: bind.keyword, "the page reads no PROXY header: who asks would not be known")
        }
        if draft.binds.isEmpty, !draft.written.contains("bind") {
            findings.warn(at: draft.name, "\(draft.title) has no 'bind' line: nobody can reach the page")
        }
        let isOpen = draft.binds.flatMap(\.addresses).contains { address in
            if case .ip = address.endpoint { return !address.isLoopback }
            return false
        }
        let admitsAll = page.administrators.contains { condition in
            condition == .always || (condition.isNegated && page.users.isEmpty)
        }
        if isOpen, admitsAll, page.users.isEmpty, let word = draft.page.administration {
            findings.warn(
                at: word,
                "anybody who reaches the page may drain servers: write 'stats auth', or 'if LOCALHOST' or { src NETWORK }"
            )
        }
        return page
    }
}
