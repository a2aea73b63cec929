// SPDX-License-Identifier: Apache-2.0

extension ByteExpressionParser {
    /// What stands behind an atom: `*`, `+`, `?` or a count, and whether it is lazy.
    mutating func repetition(of atom: Node) throws(Wrong) -> Node {
        let bounds: (minimum: Int, maximum: Int?)
        if skip("*") {
            bounds = (0, nil)
        } else if skip("+") {
            bounds = (1, nil)
        } else if skip("?") {
            bounds = (0, 1)
        } else if let counted = try count() {
            bounds = counted
        } else {
            return atom
        }
        if dialect == .posix, case .check = atom { throw Wrong("a repetition has nothing to repeat") }
        var isLazy = options.contains(.isLazy)
        if dialect == .perl, skip("?") { isLazy.toggle() }
        if dialect == .perl, rest.first == UInt8(ascii: "+") {
            throw Wrong(
                "possessive repetitions (such as '*+') are not supported: they cannot be searched for in linear time"
            )
        }
        if let next = rest.first, "*+?".utf8.contains(next) { throw Wrong("a repetition is repeated") }
        guard try count() == nil else { throw Wrong("a repetition is repeated") }
        return .repeated(atom, minimum: bounds.minimum, maximum: bounds.maximum, isLazy: isLazy)
    }

    /// `{2}`, `{2,}` or `{2,3}`; nil for a brace in front of anything else, which is a character.
    mutating func count() throws(Wrong) -> (minimum: Int, maximum: Int?)? {
        guard rest.first == UInt8(ascii: "{"), let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let inside = rest[(rest.startIndex + 1)..<end]
        let words = inside.split(separator: UInt8(ascii: ","), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = words.first, let minimum = number(first) else { return nil }
        var maximum: Int? = minimum
        if words.count == 2 {
            maximum = number(words[1])
            guard words[1].isEmpty || maximum != nil else { return nil }
        }
        guard max(minimum, maximum ?? 0) <= ByteExpressionParser.maximumRepetition else {
            let most = ByteExpressionParser.maximumRepetition
            throw Wrong("'{\(shown(inside.prefix(20)))}' repeats more than \(most) times")
        }
        guard minimum <= maximum ?? minimum else { throw Wrong("'{\(shown(inside))}' ends before it begins") }
        rest = rest[(end + 1)...]
        return (minimum, maximum)
    }

    /// What is too large is more than can be repeated.
    private func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy(ByteSet.digit.contains) else { return nil }
        return Int(shown(digits)) ?? Int.max
    }
}
