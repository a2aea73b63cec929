// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol

/// Owns the step from the rules of all sections as words to rules that refer to tables and lists by their place.
struct RuleAssembly {
    private let proxies: [ProxyDraft]
    private let environment: (String) -> String?
    private var lists: [AddressListSettings] = []
    private var places: [String: Int] = [:]
    private var findings: [Finding] = []

    /// Fills in `tables`, `addressLists`, and the rules of every frontend and backend.
    static func apply(
        _ proxies: [ProxyDraft],
        environment: (String) -> String?,
        to settings: inout BalancerSettings,
        _ findings: inout Findings
    ) {
        defer { sayWhoSpeaksSMTP(proxies, &settings) }
        guard proxies.contains(where: { !$0.rules.isEmpty }) else { return }
        withoutActuallyEscaping(environment) { environment in
            var assembly = RuleAssembly(proxies: proxies, environment: environment)
            settings.tables = proxies.compactMap(\.rules.table)
            for proxy in proxies where !proxy.rules.isEmpty {
                let rules = assembly.rules(of: proxy)
                if let index = settings.frontends.firstIndex(where: { $0.name == proxy.name.text }), proxy.isFrontend {
                    settings.frontends[index].rules = rules
                }
                if let index = settings.backends.firstIndex(where: { $0.name == proxy.name.text }), proxy.isBackend {
                    settings.backends[index].rules.content = rules.content
                    settings.backends[index].rules.inspectDelay = rules.inspectDelay
                }
            }
            settings.addressLists = assembly.lists
            for finding in assembly.findings { findings.add(finding) }
        }
    }

    /// `option smtp` of a frontend.
    private static func sayWhoSpeaksSMTP(_ proxies: [ProxyDraft], _ settings: inout BalancerSettings) {
        for proxy in proxies where proxy.isFrontend && proxy.backend.speaksSMTP != nil {
            guard let index = settings.frontends.firstIndex(where: { $0.name == proxy.name.text }) else { continue }
            settings.frontends[index].rules.speaksSMTP = proxy.backend.speaksSMTP
        }
    }

    private init(proxies: [ProxyDraft], environment: @escaping (String) -> String?) {
        self.proxies = proxies
        self.environment = environment
    }

    private mutating func rules(of proxy: ProxyDraft) -> RuleSettings {
        var settings = RuleSettings()
        settings.inspectDelay = proxy.rules.inspectDelay
        // An acl that no line uses is looked at all the same: its mistakes are mistakes.
        let acls = named(proxy)
        for line in proxy.rules.lines {
            do throws(Finding) {
                let condition = try line.branching.map { (branching) throws(Finding) in
                    try self.condition(branching, acls, proxy)
                }
                let rule = Rule(try action(line, proxy), if: condition, text: line.text)
                switch line.stage {
                case .connection: settings.connection.append(rule)
                case .session: settings.session.append(rule)
                case .content: settings.content.append(rule)
                }
            } catch { findings.append(error) }
        }
        for line in proxy.rules.switches {
            do throws(Finding) {
                let condition = try line.branching.map { (branching) throws(Finding) in
                    try self.condition(branching, acls, proxy)
                }
                try backend(line.backend)
                settings.switching.append(SwitchRule(line.backend.text, if: condition, text: line.text))
            } catch { findings.append(error) }
        }
        return settings
    }

    private mutating func named(_ proxy: ProxyDraft) -> [String: [Condition.Test]] {
        var acls: [String: [Condition.Test]] = [
            "TRUE": [.init(.always(true), .truth)], "FALSE": [.init(.always(false), .truth)],
            "REQ_CONTENT": [.init(.requestLength, .numbers([1...Int.max]))], "WAIT_END": [.init(.waitEnd, .truth)],
        ]
        for acl in proxy.rules.acls {
            do throws(Finding) {
                acls[acl.name.text, default: []].append(try test(acl.test, proxy))
            } catch {
                findings.append(error)
                // What is there and wrong is not called missing as well.
                acls[acl.name.text, default: []] += []
            }
        }
        return acls
    }

    private mutating func condition(
        _ branching: RuleDraft.Branching,
        _ acls: [String: [Condition.Test]],
        _ proxy: ProxyDraft
    ) throws(Finding) -> Condition {
        var alternatives: [[Condition.Term]] = []
        for terms in branching.alternatives {
            var all: [Condition.Term] = []
            for term in terms {
                switch term.body {
                case .anonymous(let test):
                    all.append(Condition.Term([try self.test(test, proxy)], isNegated: term.isNegated))
                case .named(let name):
                    if let tests = acls[name.text] {
                        all.append(Condition.Term(tests, isNegated: term.isNegated))
                    } else if name.text == "LOCALHOST" {
                        let loopback = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
                        let list = place(AddressListSettings(usage: usage("src", name), ranges: loopback))
                        all.append(Condition.Term([.init(.source, .addresses([list]))], isNegated: term.isNegated))
                    } else {
                        if name.text.lowercased() == "and" {
                            throw Finding(at: name, ConditionNotation.together(name))
                        }
                        let known = proxy.rules.acls.map(\.name.text) + RuleDraft.predefined
                        let hint = NearestWord.hint(for: name.text, among: known)
                        let isFetch = FetchNotation.entries.contains { name.text == $0.name }
                        let advice = isFetch ? "; a fetch stands in braces: { \(name.text) ... }" : hint
                        throw Finding(at: name, "no acl of \(proxy.title) is named \(name.shown)\(advice)")
                    }
                }
            }
            alternatives.append(all)
        }
        return Condition(alternatives, isInverted: branching.isInverted)
    }

    private mutating func test(_ test: RuleDraft.Test, _ proxy: ProxyDraft) throws(Finding) -> Condition.Test {
        let fetch: Fetch
        switch test.asking.subject {
        case .ready(let ready): fetch = ready
        case .table(let name, let make): fetch = make(try table(name, proxy, of: test.asking.word))
        case .backend(let name, let make):
            if let name { try backend(name) }
            fetch = make(name?.text)
        case .environment(let name):
            guard let value = environment(name.text) else {
                throw Finding(at: name, "the environment has no variable \(name.shown)")
            }
            fetch = .environment(Array(value.utf8))
        }
        switch test.matching {
        case .ready(let pattern): return Condition.Test(fetch, pattern)
        case .addresses(let ranges, let files):
            var indices: [Int] = []
            for file in files { indices.append(place(file, test.asking.word)) }
            if !ranges.isEmpty || files.isEmpty {
                let usage = usage(test.asking.word.text, test.asking.word)
                indices.append(place(AddressListSettings(usage: usage, ranges: ranges)))
            }
            return Condition.Test(fetch, .addresses(indices))
        }
    }

    private func usage(_ name: String, _ word: Word) -> String { "acl '\(name)' line \(word.line + 1)" }

    /// A file is one list, however many acls name it.
    private mutating func place(_ file: Word, _ fetch: Word) -> Int {
        if let place = places[file.text] { return place }
        let usage = "pattern loaded from file '\(file.text)' used by acl at line \(fetch.line + 1)"
        let index = place(AddressListSettings(file: file.text, usage: usage))
        places[file.text] = index
        return index
    }

    private mutating func place(_ list: AddressListSettings) -> Int {
        lists.append(list)
        return lists.count - 1
    }

    private func action(_ line: RuleDraft.Line, _ proxy: ProxyDraft) throws(Finding) -> Rule.Action {
        switch line.doing {
        case .ready(let action): action
        case .track(let counter, let key, let name): .track(counter, key, table: try table(name, proxy, of: line.place))
        }
    }

    /// The place of a section's table among all tables.
    private func table(_ name: Word?, _ proxy: ProxyDraft, of word: Word) throws(Finding) -> Int {
        let tables = proxies.compactMap(\.rules.table)
        if let name {
            if let index = tables.firstIndex(where: { $0.name == name.text }) { return index }
            if proxies.contains(where: { $0.name.text == name.text }) {
                throw Finding(at: name, "section \(name.shown) has no 'stick-table'")
            }
            let hint = NearestWord.hint(for: name.text, among: tables.map(\.name))
            throw Finding(at: name, "there is no section named \(name.shown)\(hint)")
        }
        guard let index = tables.firstIndex(where: { $0.name == proxy.name.text }) else {
            throw Finding(
                at: word,
                "\(proxy.title) has no 'stick-table' of its own: name a section that has one (\(word.text == "tcp-request" ? "table NAME" : word.text + "(NAME)"))"
            )
        }
        return index
    }

    private func backend(_ name: Word) throws(Finding) {
        let backends = proxies.filter(\.isBackend).map(\.name.text)
        guard !backends.contains(name.text) else { return }
        let hint = NearestWord.hint(for: name.text, among: backends)
        throw Finding(at: name, "there is no backend or listen section named \(name.shown)\(hint)")
    }
}

extension RuleDraft {
    var isEmpty: Bool { acls.isEmpty && lines.isEmpty && switches.isEmpty && table == nil && inspectDelay == nil }
}
