// SPDX-License-Identifier: Apache-2.0

/// What a regular expression is made of.
indirect enum ByteExpressionNode: Sendable {
    case set(ByteSet)
    case check(ByteExpression.Assertion)
    case sequence([ByteExpressionNode])
    case either([ByteExpressionNode])
    /// A nil maximum is none.
    case repeated(ByteExpressionNode, minimum: Int, maximum: Int?)
}

/// Reads the text of a `ByteExpression`.
struct ByteExpressionParser {
    /// Groups within groups, and repetitions that are written out.
    private static let maximumDepth = 50
    static let maximumRepetition = 1_000

    private var rest: ArraySlice<UInt8>
    private var depth = 0
    private var ignoresCase = false
    private var dotTakesNewline = false

    init(_ text: [UInt8]) {
        rest = text[...]
    }

    /// The whole text; nil where it is not understood.
    mutating func expression() -> ByteExpressionNode? {
        guard let node = alternatives(), rest.isEmpty else { return nil }
        return node
    }

    private mutating func skip(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest.removeFirst(text.utf8.count)
        return true
    }

    /// Up to `)` or the end. Flags that are set inside hold to there.
    private mutating func alternatives() -> ByteExpressionNode? {
        let flags = (ignoresCase, dotTakesNewline)
        depth += 1
        defer {
            depth -= 1
            (ignoresCase, dotTakesNewline) = flags
        }
        guard depth <= ByteExpressionParser.maximumDepth else { return nil }
        var ways: [ByteExpressionNode] = []
        var sequence: [ByteExpressionNode] = []
        while let byte = rest.first, byte != UInt8(ascii: ")") {
            if skip("|") {
                ways.append(.sequence(sequence))
                sequence = []
                continue
            }
            guard let atom = atom(), let node = repetition(of: atom) else { return nil }
            sequence.append(node)
        }
        ways.append(.sequence(sequence))
        return ways.count == 1 ? ways[0] : .either(ways)
    }

    private mutating func atom() -> ByteExpressionNode? {
        guard let byte = rest.popFirst() else { return nil }
        switch byte {
        case UInt8(ascii: "^"): return .check(.start)
        case UInt8(ascii: "$"): return .check(.endOrLastNewline)
        case UInt8(ascii: "."): return .set(dotTakesNewline ? .all : ByteSet.newline.inverted)
        case UInt8(ascii: "("): return group()
        case UInt8(ascii: "["): return characterClass().map { .set(ignoresCase ? $0.caseless : $0) }
        case UInt8(ascii: "\\"): return escape()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): return nil
        case 0xC0...:
            // A character of several bytes is repeated as one.
            var bytes = [byte]
            while let more = rest.first, (0x80...0xBF).contains(more) { bytes.append(rest.removeFirst()) }
            return .sequence(bytes.map { .set(ByteSet([$0])) })
        default: return .set(literal(byte))
        }
    }

    private func literal(_ byte: UInt8) -> ByteSet {
        ignoresCase ? ByteSet([byte]).caseless : ByteSet([byte])
    }

    /// What follows `(`.
    private mutating func group() -> ByteExpressionNode? {
        let flags = (ignoresCase, dotTakesNewline)
        if skip("?") {
            if skip("P<") || (rest.first == UInt8(ascii: "<") && skip("<")) {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
                let name = rest[rest.startIndex..<end]
                guard !name.isEmpty, name.allSatisfy(ByteSet.word.contains) else { return nil }
                rest = rest[(end + 1)...]
            } else {
                guard let isWhole = setFlags() else { return nil }
                if isWhole { return .sequence([]) }
            }
        }
        guard let node = alternatives(), skip(")") else { return nil }
        (ignoresCase, dotTakesNewline) = flags
        return node
    }

    /// `i`, `s`, `-i` before `:` or `)`; whether it was `)`, so that they hold for what follows.
    private mutating func setFlags() -> Bool? {
        var value = true
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "-"): value = false
            case UInt8(ascii: "i"): ignoresCase = value
            case UInt8(ascii: "s"): dotTakesNewline = value
            case UInt8(ascii: ":"): return false
            case UInt8(ascii: ")"): return true
            default: return nil
            }
        }
        return nil
    }

    /// What follows a backslash.
    private mutating func escape() -> ByteExpressionNode? {
        guard let letter = rest.first else { return nil }
        let assertions: [UInt8: ByteExpression.Assertion] = [
            UInt8(ascii: "A"): .start, UInt8(ascii: "z"): .end, UInt8(ascii: "Z"): .endOrLastNewline,
            UInt8(ascii: "b"): .wordEdge, UInt8(ascii: "B"): .noWordEdge,
        ]
        if let assertion = assertions[letter] {
            rest.removeFirst()
            return .check(assertion)
        }
        if let set = ByteSet.escaped(letter) {
            rest.removeFirst()
            return .set(set)
        }
        return escapedByte().map { .set(literal($0)) }
    }

    /// One byte written with a backslash.
    private mutating func escapedByte() -> UInt8? {
        guard let letter = rest.popFirst() else { return nil }
        switch letter {
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "e"): return 0x1B
        case UInt8(ascii: "0"): return 0x00
        case UInt8(ascii: "x"):
            let digits = rest.prefix(2)
            guard digits.count == 2, !digits.contains(where: { "+-".utf8.contains($0) }) else { return nil }
            rest.removeFirst(2)
            return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        default: return letter >= 0x80 || (ByteSet.word.contains(letter) && letter != 0x5F) ? nil : letter
        }
    }

    /// What follows `[`.
    private mutating func characterClass() -> ByteSet? {
        let isInverted = skip("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || rest.first != UInt8(ascii: "]") {
            isFirst = false
            if skip("[:") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
                guard let named = ByteSet.named(String(decoding: rest[rest.startIndex..<end], as: UTF8.self)) else {
                    return nil
                }
                rest = rest[end...]
                guard skip(":]") else { return nil }
                set.formUnion(named)
                continue
            }
            if rest.first == UInt8(ascii: "\\"), let letter = rest.dropFirst().first,
                let escaped = ByteSet.escaped(letter)
            {
                rest.removeFirst(2)
                set.formUnion(escaped)
                continue
            }
            guard let low = classByte() else { return nil }
            var high = low
            if rest.first == UInt8(ascii: "-"), let after = rest.dropFirst().first, after != UInt8(ascii: "]") {
                rest.removeFirst()
                guard let end = classByte(), end >= low else { return nil }
                high = end
            }
            set.formUnion(ByteSet(low...high))
        }
        rest.removeFirst()
        return isInverted ? (ignoresCase ? set.caseless : set).inverted : set
    }

    private mutating func classByte() -> UInt8? {
        guard let byte = rest.popFirst(), byte < 0x80 else { return nil }
        guard byte == UInt8(ascii: "\\") else { return byte }
        if skip("b") { return 0x08 }
        return escapedByte()
    }

    private mutating func repetition(of atom: ByteExpressionNode) -> ByteExpressionNode? {
        let bounds: (Int, Int?)
        if skip("*") {
            bounds = (0, nil)
        } else if skip("+") {
            bounds = (1, nil)
        } else if skip("?") {
            bounds = (0, 1)
        } else if let counted = count() {
            bounds = counted
        } else {
            return atom
        }
        guard bounds.0 <= bounds.1 ?? ByteExpressionParser.maximumRepetition else { return nil }
        guard max(bounds.0, bounds.1 ?? 0) <= ByteExpressionParser.maximumRepetition else { return nil }
        // A lazy one finds in other places, not in other answers. A possessive one would not; nor may two follow each other.
        _ = skip("?")
        guard let next = rest.first, "*+?".utf8.contains(next) else {
            return .repeated(atom, minimum: bounds.0, maximum: bounds.1)
        }
        return nil
    }

    /// `{2}`, `{2,}` or `{2,3}`; a brace in front of anything else is a character.
    private mutating func count() -> (Int, Int?)? {
        guard rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let inside = rest[(rest.startIndex + 1)..<end]
        let words = inside.split(separator: UInt8(ascii: ","), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = words.first, let minimum = number(first) else { return nil }
        guard words.count == 2 else {
            rest = rest[(end + 1)...]
            return (minimum, minimum)
        }
        let maximum = number(words[1])
        guard words[1].isEmpty || maximum != nil else { return nil }
        rest = rest[(end + 1)...]
        return (minimum, maximum)
    }

    private func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy(ByteSet.digit.contains) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
