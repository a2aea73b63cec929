// SPDX-License-Identifier: Apache-2.0

/// A regular expression over bytes: the part of PCRE that can be searched for in linear time.
///
/// Characters, `.`, classes, groups, `|`, repetitions (lazy ones too: only whether it is found counts), `^ $ \A \z \Z \b \B`, `(?i)` and
/// `(?s)`. No back references and no look-around: they need backtracking, which one peer could hold an event loop with for seconds.
package struct ByteExpression: Sendable {
    /// Instructions of an expression after its repetitions are written out; each byte of an answer may cost a step for every one.
    static let maximumInstructions = 1_000

    /// A place between two bytes that is asked for.
    enum Assertion: Sendable {
        case start, end, endOrLastNewline, wordEdge, noWordEdge
    }

    enum Instruction: Sendable {
        case take(ByteSet)
        case fork(Int, Int)
        case require(Assertion)
        case found
    }

    let instructions: [Instruction]

    /// - Returns: nil for what is no expression, or one that is not understood, or too long.
    package init?(_ text: [UInt8]) {
        var parser = ByteExpressionParser(text)
        guard let node = parser.expression() else { return nil }
        var writer = ByteExpressionWriter()
        guard writer.write(node), writer.write(.found) else { return nil }
        instructions = writer.instructions
    }

    /// Whether it is somewhere in `bytes`.
    package func isFound(in bytes: [UInt8]) -> Bool {
        var search = Search(self)
        return search.isFound(adding: bytes[...])
    }
}

extension ByteExpression {
    /// A search in an answer that comes in pieces; looks at each byte once.
    package struct Search: Sendable {
        /// What stands to the right of a place.
        private enum Follows {
            case byte(UInt8)
            case lastNewline
            case nothing
        }

        private let instructions: [Instruction]
        /// The instructions that have come as far as the end of what was read.
        private var current: [Int] = []
        private var next: [Int] = []
        private var stack: [Int] = []
        /// At which place an instruction was last reached.
        private var seen: [Int]
        private var place = 0
        private var previous: UInt8?
        private var wasFound = false
        private var isFoundBeforeNewline = false

        /// A search that has seen nothing yet.
        package init(_ expression: ByteExpression) {
            instructions = expression.instructions
            seen = Array(repeating: -1, count: expression.instructions.count)
        }

        /// Whether it is in all that was added, which may not be all there is: `$` holds at its end.
        package mutating func isFound(adding bytes: ArraySlice<UInt8>) -> Bool {
            for byte in bytes {
                guard !wasFound else { return true }
                isFoundBeforeNewline = byte == 0x0A && reach(.lastNewline)
                wasFound = reach(.byte(byte))
                swap(&current, &next)
                previous = byte
            }
            return wasFound || isFoundBeforeNewline || reach(.nothing)
        }

        /// Follows every way from the current place, and over `byte` into `next`; whether one of them is at its end.
        private mutating func reach(_ follows: Follows) -> Bool {
            place += 1
            next.removeAll(keepingCapacity: true)
            var isFound = false
            // A match may begin at every place.
            for index in -1..<current.count {
                stack.append(index < 0 ? 0 : current[index])
                while let instruction = stack.popLast() {
                    guard seen[instruction] != place else { continue }
                    seen[instruction] = place
                    switch instructions[instruction] {
                    case .found: isFound = true
                    case .fork(let one, let other):
                        stack.append(one)
                        stack.append(other)
                    case .require(let assertion):
                        if holds(assertion, follows) { stack.append(instruction + 1) }
                    case .take(let set):
                        if case .byte(let byte) = follows, set.contains(byte) { next.append(instruction + 1) }
                    }
                }
            }
            return isFound
        }

        private func holds(_ assertion: Assertion, _ follows: Follows) -> Bool {
            var following: UInt8?
            if case .byte(let byte) = follows { following = byte }
            let isEdge = previous.map(ByteSet.word.contains) ?? false != following.map(ByteSet.word.contains) ?? false
            switch (assertion, follows) {
            case (.start, _): return previous == nil
            case (.end, .nothing), (.endOrLastNewline, .nothing), (.endOrLastNewline, .lastNewline): return true
            case (.end, _), (.endOrLastNewline, _): return false
            case (.wordEdge, _): return isEdge
            case (.noWordEdge, _): return !isEdge
            }
        }
    }
}
