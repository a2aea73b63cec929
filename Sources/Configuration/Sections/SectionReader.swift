// SPDX-License-Identifier: Apache-2.0

/// Owns the way from lines to sections, and knows which parts of which lines are secret.
///
/// Whether a line is a header, a statement or a continuation is decided by its first word and its indentation alone,
/// before quotes are looked at: so a line that cannot be read takes no other line with it, and its secret stays hidden.
struct SectionReader {
    private let source: SourceText
    private let tokenizer: Tokenizer
    private var sections: [Section] = []
    /// By line, the byte offset from which nothing may be shown.
    private(set) var secrets: [Int: Int] = [:]
    /// The indentation and secrecy of the statement that deeper lines continue.
    private var open: (indentation: Int, isSecret: Bool, isReadable: Bool)?
    private var place = Place.beforeFirstSection

    private enum Place { case beforeFirstSection, inSection(SectionKind), passingOver }

    init(_ source: SourceText, environment: @escaping (String) -> String?) {
        self.source = source
        self.tokenizer = Tokenizer(environment: environment)
    }

    mutating func read(findings: inout Findings) -> [Section] {
        if source.isTooLong {
            findings.add(
                Finding(line: nil, offset: 0, "the file is longer than \(ConfigurationLimits.fileBytes) bytes")
            )
        }
        for index in source.lines.indices {
            if let defect = source.defect(inLine: index) {
                secrets[index] = secretStart(ofLine: index)
                findings.add(Finding(line: index, offset: defect.offset, defect.text))
            } else {
                read(line: index, findings: &findings)
            }
        }
        return sections
    }

    private mutating func read(line index: Int, findings: inout Findings) {
        let line = source.lines[index]
        let content = line.drop { $0.isBlank }
        guard let first = content.first, first != UInt8(ascii: "#") else { return }
        let indentation = line[..<content.startIndex].indentation

        if case .inSection(let kind) = place, kind.dialect == .parameters, let open, indentation > open.indentation {
            if open.isSecret { secrets[index] = content.startIndex - line.startIndex }
            guard let words = words(ofLine: index, .parameters, &findings), open.isReadable else { return }
            continueStatement(with: words, findings: &findings)
            return
        }
        open = nil
        let name = content.prefix { !$0.isBlank }
        let word = String(decoding: name.filter { !$0.isQuoting }, as: UTF8.self)
        if let kind = SectionKind(rawValue: word) {
            begin(kind, line: index, findings: &findings)
        } else if let consequence = SectionKind.foreign[word] {
            place = .passingOver
            findings.warn(
                at: Word(word, line: index, offset: content.startIndex - line.startIndex),
                "section '\(word)' is not supported by this version and ignored: \(consequence)"
            )
        } else {
            readStatement(line: index, indentation: indentation, findings: &findings)
        }
    }

    private mutating func begin(_ kind: SectionKind, line index: Int, findings: inout Findings) {
        place = .inSection(kind)
        let fallback = [Word(kind.rawValue, line: index, offset: source.lines[index].prefix { $0.isBlank }.count)]
        let words = words(ofLine: index, .haproxy, &findings) ?? fallback
        guard sections.count < ConfigurationLimits.sections else {
            findings.error(at: fallback[0], "a file has at most \(ConfigurationLimits.sections) sections")
            place = .passingOver
            return
        }
        sections.append(Section(kind: kind, keyword: words.first ?? fallback[0], header: Array(words.dropFirst())))
    }

    private mutating func readStatement(line index: Int, indentation: Int, findings: inout Findings) {
        let hidden = secretStart(ofLine: index)
        secrets[index] = hidden
        switch place {
        case .passingOver:
            return
        case .beforeFirstSection:
            let line = source.lines[index]
            let word = Word("", line: index, offset: line.prefix { $0.isBlank }.count)
            findings.error(at: word, "no section has begun yet; write one of \(SectionKind.list) first")
            place = .passingOver
        case .inSection(let kind):
            let words = words(ofLine: index, kind.dialect, &findings)
            open = (indentation, hidden != nil, words != nil)
            guard let words, !words.isEmpty else { return }
            sections[sections.count - 1].statements.append(
                Statement(words: words, dialect: kind.dialect, isSecret: hidden != nil, indentation: indentation)
            )
        }
    }

    private mutating func continueStatement(with words: [Word], findings: inout Findings) {
        let section = sections.count - 1
        guard section >= 0, let last = sections[section].statements.indices.last else { return }
        let count = sections[section].statements[last].words.count + words.count
        guard count <= ConfigurationLimits.wordsPerStatement else {
            findings.error(
                at: words.first,
                "the statement has more than \(ConfigurationLimits.wordsPerStatement) words"
            )
            open?.isReadable = false
            return
        }
        sections[section].statements[last].append(words)
    }

    private func words(ofLine index: Int, _ dialect: Tokenizer.Dialect, _ findings: inout Findings) -> [Word]? {
        tokenizer.words(
            of: source.lines[index],
            number: index,
            dialect: dialect,
            isSecret: secrets[index] != nil,
            findings: &findings
        )
    }

    /// Where the value of a secret keyword begins in a line; nil when the line holds no secret.
    private func secretStart(ofLine index: Int) -> Int? {
        let line = source.lines[index]
        var rest = line[...]
        var names: [String] = []
        while names.count < 3 {
            rest = rest.drop { $0.isBlank }
            let name = rest.prefix { !$0.isBlank && $0 != UInt8(ascii: "=") }
            guard !name.isEmpty else { return nil }
            rest = rest[name.endIndex...]
            names.append(String(decoding: name.filter { !$0.isQuoting }, as: UTF8.self))
            if names == ["no"] {
                names = []
                continue
            }
            if Vocabulary.isSecret(names.joined(separator: " ")) {
                let value = rest.drop { $0.isBlank || $0 == UInt8(ascii: "=") }
                return value.startIndex - line.startIndex
            }
        }
        return nil
    }
}

extension SectionKind {
    /// `'global', 'defaults', ... or 'queue'`.
    static var list: String {
        let names = allCases.map { "'\($0.rawValue)'" }
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
    fileprivate var isQuoting: Bool {
        self == UInt8(ascii: "\"") || self == UInt8(ascii: "'") || self == UInt8(ascii: "\\")
    }
}

extension ArraySlice<UInt8> {
    /// The width of white space, with a tab every eight columns.
    fileprivate var indentation: Int {
        reduce(0) { width, byte in byte == 0x09 ? width - width % 8 + 8 : width + 1 }
    }
}
