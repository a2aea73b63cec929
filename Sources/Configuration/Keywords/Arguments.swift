// SPDX-License-Identifier: Apache-2.0

/// Owns the words after a keyword while they are read, and what was found wrong with them.
struct Arguments {
    /// The keyword as the file spells it.
    let name: String
    let keyword: Word
    let isNegated: Bool
    /// Whether an equals sign stood before the value.
    let isAssignment: Bool
    private var words: ArraySlice<Word>
    var findings: [Finding] = []

    init(name: String, keyword: Word, words: ArraySlice<Word>, isNegated: Bool = false, isAssignment: Bool = false) {
        self.name = name
        self.keyword = keyword
        self.words = words
        self.isNegated = isNegated
        self.isAssignment = isAssignment
    }

    /// The next word, which stays; nil at the end.
    var peek: Word? { words.first }

    /// All words that are left, with single spaces between them.
    var joined: String { words.map(\.text).joined(separator: " ") }

    mutating func skip(_ count: Int = 1) {
        words = words.dropFirst(count)
    }

    /// The next word. `what` says in a message what is missing.
    mutating func next(_ what: String) throws(Finding) -> Word {
        guard let word = words.popFirst() else { throw Finding(at: keyword, "'\(name)' needs \(what)") }
        return word
    }

    /// Every word that is left.
    mutating func rest() -> [Word] {
        let rest = Array(words)
        words = []
        return rest
    }

    /// The items of a list that is separated by commas or white space; empty only after an equals sign.
    mutating func list(_ what: String) throws(Finding) -> [Word] {
        if words.isEmpty, !isAssignment { throw Finding(at: keyword, "'\(name)' needs \(what)") }
        return rest().flatMap(\.listed)
    }

    mutating func warn(at word: Word?, _ message: String) {
        findings.append(Finding(.warning, at: word ?? keyword, message))
    }

    /// The cursor for one option of the line, which reads from the same words.
    func option(_ word: Word) -> Arguments {
        Arguments(name: word.text, keyword: word, words: words)
    }

    /// Goes on where an option stopped.
    mutating func resume(after option: Arguments) {
        words = option.words
        findings += option.findings
    }
}

// Values.
extension Arguments {
    /// A whole number in a range.
    mutating func integer(in range: ClosedRange<Int>) throws(Finding) -> Int {
        let word = try next("a number")
        return try Quantity.integer(word, in: range)
    }

    /// A time as milliseconds.
    mutating func time(unit: TimeUnit, in range: ClosedRange<Int>) throws(Finding) -> Int {
        let word = try next("a time such as 30s")
        return try Quantity.time(word, unit: unit, in: range)
    }

    /// A number of bytes, with `k`, `m` or `g`.
    mutating func size(in range: ClosedRange<Int>) throws(Finding) -> Int {
        let word = try next("a number of bytes")
        return try Quantity.size(word, in: range)
    }

    /// `yes` or `no`.
    mutating func boolean() throws(Finding) -> Bool {
        let word = try next("'yes' or 'no'")
        switch word.text.lowercased() {
        case "yes": return true
        case "no": return false
        default: throw Finding(at: word, "\(word.shown) is neither 'yes' nor 'no'")
        }
    }

    /// One word of a fixed set.
    mutating func choice<Value>(_ values: [(String, Value)]) throws(Finding) -> Value {
        let list = values.map { "'\($0.0)'" }.joined(separator: ", ")
        let word = try next("one of \(list)")
        guard let value = values.first(where: { $0.0 == word.text })?.1 else {
            let hint = NearestWord.hint(for: word.text, among: values.map(\.0))
            throw Finding(at: word, "'\(name)' takes \(list), not \(word.shown)\(hint)")
        }
        return value
    }
}
