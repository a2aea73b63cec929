// SPDX-License-Identifier: Apache-2.0

extension ByteExpression {
    /// One way through the expression with the places that it has passed. In front of others: it is preferred.
    private struct Way {
        var instruction: Int
        var start: Int
        var places: [Int?]
    }

    /// Where the groups of the match are: the leftmost match, and of those the one that the dialect prefers. An index for each
    /// group that is kept, from the first; nil for a group that took no part. Nil where the expression is not found.
    ///
    /// Takes as many steps as a search; each may copy the places.
    package func captures(in bytes: [UInt8]) -> [Range<Int>?]? {
        var ways: [Way] = []
        var next: [Way] = []
        var seen = Array(repeating: -1, count: instructions.count)
        var best: Way?
        let slots = instructions.reduce(0) { count, instruction in
            if case .save(let slot) = instruction { max(count, (slot | 1) + 1) } else { count }
        }
        for place in 0...bytes.count {
            if best == nil, !isAnchored || place == 0 {
                ways.append(Way(instruction: 0, start: place, places: Array(repeating: nil, count: slots)))
            }
            guard !ways.isEmpty else { break }
            next.removeAll(keepingCapacity: true)
            follow(&ways, into: &next, in: bytes, at: place, seen: &seen, best: &best)
            swap(&ways, &next)
        }
        return best.map { best in
            stride(from: 0, to: slots, by: 2).map { slot in
                guard let start = best.places[slot], let end = best.places[slot + 1], start <= end else { return nil }
                return start..<end
            }
        }
    }

    /// Follows the ways, the preferred first, over the byte at a place; ends with those that a match is preferred to.
    private func follow(
        _ ways: inout [Way],
        into next: inout [Way],
        in bytes: [UInt8],
        at place: Int,
        seen: inout [Int],
        best: inout Way?
    ) {
        let previous = place > 0 ? bytes[place - 1] : nil
        let byte = place < bytes.count ? bytes[place] : nil
        var stack: [Way] = []
        for way in ways {
            // why: a match that begins further to the left is preferred however long another is.
            if let best, way.start > best.start { break }
            stack.append(way)
            while var way = stack.popLast() {
                guard seen[way.instruction] != place else { continue }
                seen[way.instruction] = place
                switch instructions[way.instruction] {
                case .found:
                    best = way
                    if !prefersLongest { return }
                case .fork(let first, let second):
                    var other = way
                    other.instruction = second
                    stack.append(other)
                    way.instruction = first
                    stack.append(way)
                case .save(let slot):
                    way.places[slot] = place
                    way.instruction += 1
                    stack.append(way)
                case .require(let assertion):
                    let isLast = place == bytes.count - 1
                    guard holds(assertion, after: previous, before: byte, isLast: isLast) else { continue }
                    way.instruction += 1
                    stack.append(way)
                case .take(let set):
                    guard let byte, set.contains(byte) else { continue }
                    way.instruction += 1
                    next.append(way)
                }
            }
        }
    }

    private func holds(_ assertion: Assertion, after previous: UInt8?, before byte: UInt8?, isLast: Bool) -> Bool {
        guard let byte else { return assertion.holds(after: previous, before: .nothing) }
        if isLast, byte == 0x0A, assertion.holds(after: previous, before: .lastNewline) { return true }
        return assertion.holds(after: previous, before: .byte(byte))
    }
}
