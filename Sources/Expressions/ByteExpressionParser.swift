// SPDX-License-Identifier: Apache-2.0

/// Reads the text of a `ByteExpression`.
struct ByteExpressionParser {
    typealias Node = ByteExpressionNode
    typealias Wrong = ExpressionMistake

    /// Groups within groups.
    private static let maximumDepth = 50
    /// Repetitions that are written out.
    static let maximumRepetition = 1_000

    let dialect: ExpressionDialect
    var rest: ArraySlice<UInt8>
    var options: ExpressionOptions
    /// Groups that count, so far.
    private(set) var groups = 0
    private var depth = 0

    init(_ text: [UInt8], dialect: ExpressionDialect, options: ExpressionOptions) {
        self.dialect = dialect
        self.options = options
        rest = (dialect == .perl ? ByteExpressionParser.unquoted(text) : text)[...]
    }

    /// The whole text.
    mutating func expression() throws(Wrong) -> Node {
        let isAnchored = options.contains(.isAnchored)
        let node = try alternatives()
        guard rest.isEmpty else { throw Wrong("a ')' has no '('") }
        return isAnchored ? .sequence([.check(.start), node]) : node
    }

    mutating func skip(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest.removeFirst(text.utf8.count)
        return true
    }

    /// Perl's `\Q...\E`, in which nothing has a meaning, with a backslash for each byte.
    private static func unquoted(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text[...]
        var isQuoted = false
        while let byte = rest.popFirst() {
            let isEscape = byte == UInt8(ascii: "\\")
            if isQuoted, isEscape, rest.first == UInt8(ascii: "E") {
                rest.removeFirst()
                isQuoted = false
            } else if isQuoted {
                if !ByteSet.word.contains(byte), byte < 0x80 { result.append(UInt8(ascii: "\\")) }
                result.append(byte)
            } else if isEscape, rest.first == UInt8(ascii: "Q") {
                rest.removeFirst()
                isQuoted = true
            } else {
                result.append(byte)
                // why: the second of two backslashes begins nothing.
                if isEscape, let next = rest.popFirst() { result.append(next) }
            }
        }
        return result
    }

    private mutating func skipBlanks() throws(Wrong) {
        guard options.contains(.isExtended) else { return }
        rest = rest.drop(while: ByteSet.space.contains)
        guard rest.first != UInt8(ascii: "#") else { throw Wrong("'#' begins a comment: write '\\#'") }
    }

    /// Up to `)` or the end. Flags that are set inside hold to there.
    private mutating func alternatives() throws(Wrong) -> Node {
        let flags = options
        depth += 1
        defer {
            depth -= 1
            options = flags
        }
        guard depth <= ByteExpressionParser.maximumDepth else { throw Wrong("its groups are nested too deep") }
        var ways: [Node] = []
        var sequence: [Node] = []
        try skipBlanks()
        while let byte = rest.first, byte != UInt8(ascii: ")") {
            if skip("|") {
                ways.append(.sequence(sequence))
                sequence = []
            } else {
                let atom = try atom()
                try skipBlanks()
                sequence.append(try repetition(of: atom))
            }
            try skipBlanks()
        }
        ways.append(.sequence(sequence))
        return ways.count == 1 ? ways[0] : .either(ways)
    }

    private mutating func atom() throws(Wrong) -> Node {
        guard try count() == nil, let byte = rest.popFirst() else { throw Wrong("a repetition has nothing to repeat") }
        switch byte {
        case UInt8(ascii: "^"): return .check(options.contains(.isMultiline) ? .lineStart : .start)
        case UInt8(ascii: "$"): return .check(dollar)
        case UInt8(ascii: "."): return .set(dot)
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "["):
            let set = try characterClass()
            return .set(options.contains(.ignoresCase) ? set.caseless : set)
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw Wrong("a repetition has nothing to repeat")
        case UInt8(ascii: "{") where dialect == .posix: throw Wrong("a '{' is no repetition here: write '\\{'")
        case 0xC0...:
            // A character of several bytes is repeated as one.
            var bytes = [byte]
            while let more = rest.first, (0x80...0xBF).contains(more) { bytes.append(rest.removeFirst()) }
            return .sequence(bytes.map { .set(ByteSet([$0])) })
        default: return .set(literal(byte))
        }
    }

    private var dollar: ByteExpression.Assertion {
        if options.contains(.isMultiline) { return .lineEnd }
        return dialect == .posix || options.contains(.dollarIsEnd) ? .end : .endOrLastNewline
    }

    private var dot: ByteSet {
        let takesNewline = dialect == .posix ? !options.contains(.isMultiline) : options.contains(.dotTakesNewline)
        return takesNewline ? .all : ByteSet.newline.inverted
    }

    func literal(_ byte: UInt8) -> ByteSet {
        options.contains(.ignoresCase) ? ByteSet([byte]).caseless : ByteSet([byte])
    }

    /// What follows `(`.
    private mutating func group() throws(Wrong) -> Node {
        let flags = options
        var isCounted = true
        if skip("?") {
            guard dialect == .perl else { throw Wrong("'(?' is of PCRE and no part of a POSIX expression") }
            if !(try skipName()) {
                isCounted = false
                if try setFlags() { return .sequence([]) }
            }
        }
        if isCounted { groups += 1 }
        let number = groups
        let node = try alternatives()
        guard skip(")") else { throw Wrong("a '(' has no ')'") }
        options = flags
        return isCounted ? .group(number, node) : node
    }

    /// `<name>` behind `(?` or `(?P`; whether it was there.
    private mutating func skipName() throws(Wrong) -> Bool {
        for look in ["=", "!", "<=", "<!"] where rest.starts(with: look.utf8) {
            throw Wrong("look-around ('(?\(look)') is not supported: it cannot be searched for in linear time")
        }
        guard !rest.starts(with: ">".utf8) else {
            throw Wrong("atomic groups ('(?>') are not supported: they cannot be searched for in linear time")
        }
        guard skip("P<") || skip("<") else { return false }
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { throw Wrong("a group's name has no '>'") }
        let name = rest[rest.startIndex..<end]
        guard !name.isEmpty, name.allSatisfy(ByteSet.word.contains) else { throw Wrong("a group's name is no word") }
        rest = rest[(end + 1)...]
        return true
    }

    /// `i`, `s`, `-i` before `:` or `)`; whether it was `)`, so that they hold for what follows.
    private mutating func setFlags() throws(Wrong) -> Bool {
        var value = true
        while let byte = rest.popFirst() {
            let option: ExpressionOptions
            switch byte {
            case UInt8(ascii: "-"):
                value = false
                continue
            case UInt8(ascii: ":"): return false
            case UInt8(ascii: ")"): return true
            case UInt8(ascii: "i"): option = .ignoresCase
            case UInt8(ascii: "s"): option = .dotTakesNewline
            case UInt8(ascii: "m"): option = .isMultiline
            case UInt8(ascii: "x"): option = .isExtended
            case UInt8(ascii: "U"): option = .isLazy
            default: throw Wrong("'\(shown([byte]))' behind '(?' is not understood")
            }
            if value { options.insert(option) } else { options.remove(option) }
        }
        throw Wrong("a '(?' has no end")
    }

    func shown(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
}
