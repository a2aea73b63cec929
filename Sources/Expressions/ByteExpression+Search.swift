// SPDX-License-Identifier: Apache-2.0

extension ByteExpression {
    /// A search in a text that comes in pieces; looks at each byte once.
    package struct Search: Sendable {
        private var instructions: [Instruction]
        private var isAnchored: Bool
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
        /// Instructions that were looked at, in all searches since `init`.
        package private(set) var steps = 0

        /// A search that has seen nothing yet.
        package init(_ expression: ByteExpression) {
            instructions = expression.instructions
            isAnchored = expression.isAnchored
            seen = Array(repeating: -1, count: expression.instructions.count)
        }

        /// Looks for another expression from now on, in another text. The memory is used again.
        package mutating func begin(_ expression: ByteExpression) {
            instructions = expression.instructions
            isAnchored = expression.isAnchored
            current.removeAll(keepingCapacity: true)
            previous = nil
            wasFound = false
            isFoundBeforeNewline = false
            if seen.count < instructions.count {
                seen += Array(repeating: -1, count: instructions.count - seen.count)
            }
        }

        /// Whether it is in all that was added, which may not be all there is: `$` holds at its end.
        package mutating func isFound(adding bytes: ArraySlice<UInt8>) -> Bool {
            for byte in bytes {
                guard !wasFound else { return true }
                guard !isOver else {
                    isFoundBeforeNewline = false
                    return false
                }
                isFoundBeforeNewline = byte == 0x0A && reach(.lastNewline)
                wasFound = reach(.byte(byte))
                swap(&current, &next)
                previous = byte
            }
            return wasFound || isFoundBeforeNewline || reach(.nothing)
        }

        /// Whether nothing that follows can make a match.
        private var isOver: Bool { isAnchored && previous != nil && current.isEmpty }

        /// Follows every way from the current place, and over a byte into `next`; whether one of them is at its end.
        private mutating func reach(_ follows: Assertion.Follows) -> Bool {
            place += 1
            next.removeAll(keepingCapacity: true)
            var isFound = false
            // A match may begin at every place, if it is not bound to the start.
            for index in (isAnchored && previous != nil ? 0 : -1)..<current.count {
                stack.append(index < 0 ? 0 : current[index])
                while let instruction = stack.popLast() {
                    guard seen[instruction] != place else { continue }
                    seen[instruction] = place
                    steps += 1
                    switch instructions[instruction] {
                    case .found: isFound = true
                    case .fork(let one, let other):
                        stack.append(one)
                        stack.append(other)
                    case .save: stack.append(instruction + 1)
                    case .require(let assertion):
                        if assertion.holds(after: previous, before: follows) { stack.append(instruction + 1) }
                    case .take(let set):
                        if case .byte(let byte) = follows, set.contains(byte) { next.append(instruction + 1) }
                    }
                }
            }
            return isFound
        }
    }
}
