// SPDX-License-Identifier: Apache-2.0

/// Owns the keywords that may stand in one place, and applies them.
struct KeywordTable<Target>: Sendable {
    let keywords: [Keyword<Target>]
    private let byName: [String: Int]
    private let patterns: [Int]

    init(_ groups: [[Keyword<Target>]]) {
        let keywords = groups.flatMap { $0 }
        self.keywords = keywords
        byName = Dictionary(keywords.indices.map { (keywords[$0].entry.name, $0) }) { first, _ in first }
        patterns = keywords.indices.filter { keywords[$0].entry.name.hasSuffix("*") }
    }

    var entries: [KeywordEntry] { keywords.map(\.entry) }

    /// The keyword that the words begin with, and how many of them it takes: the longest that fits.
    func match(_ words: some Collection<Word>) -> (keyword: Keyword<Target>, count: Int)? {
        let counts = (1...3).reversed().drop { $0 > words.count }
        let names = counts.map { count in words.prefix(count).map(\.text).joined(separator: " ") }
        for (count, name) in zip(counts, names) {
            if let index = byName[name] { return (keywords[index], count) }
        }
        for (count, name) in zip(counts, names) {
            if let index = patterns.first(where: { keywords[$0].entry.covers(name, words: count) }), !isSlip(name) {
                return (keywords[index], count)
            }
        }
        return nil
    }

    /// Whether a word that only a pattern covers is more likely a working keyword with a slip of the finger in it, or one
    /// of another section.
    private func isSlip(_ name: String) -> Bool {
        let working = keywords.lazy.filter { $0.entry.status == .works }.map(\.entry.name)
        return NearestWord.to(name, among: working, within: 2) != nil
            || Vocabulary.works(name)
    }

    /// Applies a statement of a section. Returns the keyword's name when it had an effect.
    @discardableResult
    func apply(_ statement: Statement, to target: inout Target, in kind: SectionKind, _ findings: inout Findings)
        -> String?
    {
        guard let word = statement.words.first else { return nil }
        guard let (keyword, count) = match(statement.words) else {
            guard !findings.isFull else {
                findings.omit(.error)
                return nil
            }
            findings.error(at: unknownWord(in: statement.words), unknown(statement.words, in: kind))
            return nil
        }
        let entry = keyword.entry
        guard entry.sections.isEmpty || entry.sections.contains(SectionSet(kind)) else {
            let homes = entry.sections.names.map { "'\($0)'" }.joined(separator: ", ")
            let message = "'\(entry.name)' has no effect in a \(kind.rawValue) section; it belongs to \(homes)"
            findings.add(Finding(entry.isStrict ? .error : .warning, at: word, message))
            return nil
        }
        var arguments = Arguments(
            name: statement.words.prefix(count).map(\.text).joined(separator: " "),
            keyword: word,
            words: statement.words.dropFirst(count),
            isNegated: statement.isNegated,
            isAssignment: statement.isAssignment
        )
        let hasEffect = apply(keyword, to: &target, &arguments, in: kind)
        if hasEffect, let extra = arguments.peek {
            arguments.findings.append(Finding(at: extra, "unexpected \(extra.shown) after '\(arguments.name)'"))
        }
        for finding in arguments.findings { findings.add(finding) }
        return hasEffect ? entry.name : nil
    }

    /// Applies the options that are left on a line (`bind`, `server`), each with its own arguments.
    func applyOptions(to target: inout Target, _ arguments: inout Arguments, in place: String) {
        while let word = arguments.peek {
            guard let (keyword, _) = match([word]) else {
                let hint = NearestWord.hint(for: word.text, among: entries.lazy.map(\.name))
                arguments.findings.append(Finding(at: word, "unknown \(word.shown) in a '\(place)' line\(hint)"))
                // What follows may be its arguments: go on at the next word that is known.
                arguments.skip()
                while let next = arguments.peek, match([next]) == nil { arguments.skip() }
                continue
            }
            arguments.skip()
            var option = arguments.option(word)
            apply(keyword, to: &target, &option, in: nil)
            arguments.resume(after: option)
            if keyword.entry.status != .works { arguments.skip(keyword.entry.arity) }
        }
    }

    /// Returns whether the arguments were read.
    @discardableResult
    private func apply(
        _ keyword: Keyword<Target>,
        to target: inout Target,
        _ arguments: inout Arguments,
        in kind: SectionKind?
    ) -> Bool {
        let name = arguments.name
        switch keyword.effect {
        case .apply(let apply):
            guard !arguments.isNegated || keyword.entry.isNegatable else {
                arguments.findings.append(Finding(at: arguments.keyword, "'no' cannot stand before '\(name)'"))
                return false
            }
            do throws(Finding) {
                try apply(&target, &arguments)
                return true
            } catch {
                arguments.findings.append(error)
                return false
            }
        case .ignored(let reason):
            arguments.warn(at: arguments.keyword, "'\(name)' is ignored: \(reason)")
        case .unsupported(let consequence):
            let text = "'\(name)' is not supported by this version and ignored: \(consequence)"
            arguments.warn(at: arguments.keyword, text)
        case .refused(let reason, let harmless):
            guard arguments.isNegated || harmless.contains(arguments.joined.lowercased()) else {
                let text = "'\(name)' is not supported by this version and cannot be ignored: \(reason)"
                arguments.findings.append(Finding(at: arguments.keyword, text))
                return false
            }
            let text = "'\(name)' is not supported by this version and ignored: this value asks for nothing"
            arguments.warn(at: arguments.keyword, text)
        }
        return false
    }

    /// The word that is wrong: the second one where the first begins known keywords (`timeout clinet`).
    private func unknownWord(in words: [Word]) -> Word? {
        words.count > 1 && isGroup(words[0].text) ? words[1] : words.first
    }

    private func isGroup(_ word: String) -> Bool {
        entries.contains { $0.name.hasPrefix(word + " ") }
    }

    private func unknown(_ words: [Word], in kind: SectionKind) -> String {
        let word = words[0].text
        if isGroup(word) {
            let seconds = entries.filter { $0.name.hasPrefix(word + " ") }
                .map { String($0.name.dropFirst(word.count + 1)) }
            guard words.count > 1 else {
                let known = entries.filter { $0.status == .works && $0.name.hasPrefix(word + " ") }
                    .map { "'\($0.name.dropFirst(word.count + 1))'" }
                return "'\(word)' needs one of \(known.joined(separator: ", ")) after it"
            }
            let hint = NearestWord.hint(for: words[1].text, among: seconds)
            return "unknown \(words[1].shown) after '\(word)'\(hint)"
        }
        let homes = Vocabulary.homes(of: words.prefix(2).map(\.text), besides: kind)
        if !homes.isEmpty {
            let list = homes.map { "'\($0)'" }.joined(separator: ", ")
            return "\(words[0].shown) does not belong to section '\(kind.rawValue)' but to \(list)"
        }
        let names = entries.lazy.filter { !$0.name.hasSuffix("*") }.map { entry in
            entry.name.firstIndex(of: " ").map { String(entry.name[..<$0]) } ?? entry.name
        }
        let sections = SectionKind.allCases.map(\.rawValue)
        if let section = NearestWord.to(word, among: sections), NearestWord.to(word, among: names, within: 1) == nil {
            return "unknown word \(words[0].shown) in section '\(kind.rawValue)'; did you mean a section '\(section)'?"
        }
        let hint = NearestWord.hint(for: word, among: names)
        return "unknown word \(words[0].shown) in section '\(kind.rawValue)'\(hint)"
    }
}
