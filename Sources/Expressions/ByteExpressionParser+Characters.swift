// SPDX-License-Identifier: Apache-2.0

extension ByteExpressionParser {
    /// What follows a backslash.
    mutating func escape() throws(Wrong) -> Node {
        guard let letter = rest.first else { throw Wrong("the backslash at the end escapes nothing") }
        if let assertion = assertion(letter) {
            rest.removeFirst()
            return .check(assertion)
        }
        if let set = escapedSet(letter) {
            rest.removeFirst()
            return .set(set)
        }
        return .set(literal(try escapedByte()))
    }

    private func assertion(_ letter: UInt8) -> ByteExpression.Assertion? {
        switch (letter, dialect) {
        case (UInt8(ascii: "b"), _): .wordEdge
        case (UInt8(ascii: "B"), _): .noWordEdge
        case (UInt8(ascii: "A"), .perl): .start
        case (UInt8(ascii: "z"), .perl): .end
        case (UInt8(ascii: "Z"), .perl): .endOrLastNewline
        case (UInt8(ascii: "<"), .posix): .wordStart
        case (UInt8(ascii: ">"), .posix): .wordEnd
        default: nil
        }
    }

    /// A class by the letter behind a backslash; glibc knows fewer of them.
    private func escapedSet(_ letter: UInt8) -> ByteSet? {
        guard dialect == .perl || "wWsS".utf8.contains(letter) else { return nil }
        return ByteSet.escaped(letter)
    }

    /// One byte written with a backslash, which was taken.
    private mutating func escapedByte() throws(Wrong) -> UInt8 {
        guard let letter = rest.popFirst() else { throw Wrong("the backslash at the end escapes nothing") }
        guard ByteSet.word.contains(letter) || letter >= 0x80, letter != UInt8(ascii: "_") else {
            guard dialect == .perl || !"`'".utf8.contains(letter) else { throw unknown(letter) }
            return letter
        }
        guard dialect == .perl else { throw unknown(letter) }
        switch letter {
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "a"): return 0x07
        case UInt8(ascii: "e"): return 0x1B
        case UInt8(ascii: "0"):
            guard let next = rest.first, ByteSet.digit.contains(next) else { return 0x00 }
            throw Wrong(
                "octal numbers ('\\0\(shown([next]))') are not supported: write '\\x' and two hexadecimal digits"
            )
        case UInt8(ascii: "x"):
            let digits = rest.prefix(2)
            guard digits.count == 2, !digits.contains(where: { "+-".utf8.contains($0) }),
                let byte = UInt8(shown(digits), radix: 16)
            else { throw Wrong("'\\x' needs two hexadecimal digits") }
            rest.removeFirst(2)
            return byte
        default: throw unknown(letter)
        }
    }

    private func unknown(_ letter: UInt8) -> Wrong {
        if (0x31...0x39).contains(letter) || (dialect == .perl && "gk".utf8.contains(letter)) {
            return Wrong(
                "back references ('\\\(shown([letter]))') are not supported: they cannot be searched for in linear time"
            )
        }
        let kind = dialect == .perl ? "" : " in a POSIX expression"
        return Wrong("'\\\(letter < 0x80 ? shown([letter]) : "?")' is not understood\(kind)")
    }

    /// What follows `[`.
    mutating func characterClass() throws(Wrong) -> ByteSet {
        let isInverted = skip("^")
        var set = ByteSet()
        var isFirst = true
        while isFirst || rest.first != UInt8(ascii: "]") {
            isFirst = false
            if let named = try namedClass() {
                set.formUnion(named)
                continue
            }
            if dialect == .perl, rest.first == UInt8(ascii: "\\"), let letter = rest.dropFirst().first,
                let escaped = ByteSet.escaped(letter)
            {
                rest.removeFirst(2)
                set.formUnion(escaped)
                continue
            }
            let low = try classByte()
            var high = low
            if rest.first == UInt8(ascii: "-"), let after = rest.dropFirst().first, after != UInt8(ascii: "]") {
                rest.removeFirst()
                high = try classByte()
                guard low <= high else { throw Wrong("'\(shown([low]))-\(shown([high]))' ends before it begins") }
            }
            set.formUnion(ByteSet(low...high))
        }
        rest.removeFirst()
        guard isInverted else { return set }
        if dialect == .posix, options.contains(.isMultiline) { set.formUnion(.newline) }
        return (options.contains(.ignoresCase) ? set.caseless : set).inverted
    }

    /// `[:alpha:]` and its kin.
    private mutating func namedClass() throws(Wrong) -> ByteSet? {
        for other in ["[.", "[="] where rest.starts(with: other.utf8) {
            throw Wrong("collating elements ('\(other)') are not supported")
        }
        guard skip("[:") else { return nil }
        let name = rest.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "]") }
        rest = rest[name.endIndex...]
        guard skip(":]"), let named = ByteSet.named(shown(name)) else {
            throw Wrong("'[:\(shown(name.prefix(20))):]' is no class of characters such as [:alpha:]")
        }
        return named
    }

    private mutating func classByte() throws(Wrong) -> UInt8 {
        guard let byte = rest.popFirst() else { throw Wrong("a '[' has no ']'") }
        guard byte < 0x80 else { throw Wrong("only ASCII may stand between '[' and ']'") }
        guard byte == UInt8(ascii: "\\"), dialect == .perl else { return byte }
        if skip("b") { return 0x08 }
        return try escapedByte()
    }
}
