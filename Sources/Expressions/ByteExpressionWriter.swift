// SPDX-License-Identifier: Apache-2.0

/// Turns the parts of an expression into instructions.
struct ByteExpressionWriter {
    private(set) var instructions: [ByteExpression.Instruction] = []
    /// The groups whose places are kept.
    private let captures: Int

    init(captures: Int) {
        self.captures = captures
    }

    /// - Returns: whether there was room.
    mutating func write(_ instruction: ByteExpression.Instruction) -> Bool {
        guard instructions.count < ByteExpression.maximumInstructions else { return false }
        instructions.append(instruction)
        return true
    }

    /// - Returns: whether there was room.
    mutating func write(_ node: ByteExpressionNode) -> Bool {
        switch node {
        case .set(let set): return write(.take(set))
        case .check(let assertion): return write(.require(assertion))
        case .sequence(let nodes):
            for node in nodes where !write(node) { return false }
            return true
        case .either(let ways): return write(ways[...])
        case .group(let number, let node):
            guard number <= captures else { return write(node) }
            return write(.save(2 * number - 2)) && write(node) && write(.save(2 * number - 1))
        case .repeated(let node, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum {
                let before = instructions.count
                guard write(node) else { return false }
                // Nothing, however often.
                if instructions.count == before { break }
            }
            guard let maximum else { return writeLoop(node, isLazy: isLazy) }
            var forks: [Int] = []
            for _ in minimum..<maximum {
                forks.append(instructions.count)
                guard write(.fork(0, 0)), write(node) else { return false }
            }
            for fork in forks { setFork(fork, to: instructions.count, isLazy: isLazy) }
            return true
        }
    }

    private mutating func writeLoop(_ node: ByteExpressionNode, isLazy: Bool) -> Bool {
        let start = instructions.count
        guard write(.fork(0, 0)), write(node), write(.fork(start, start)) else { return false }
        setFork(start, to: instructions.count, isLazy: isLazy)
        return true
    }

    /// A fork prefers what it stands in front of, or with a lazy one what is behind it.
    private mutating func setFork(_ fork: Int, to end: Int, isLazy: Bool) {
        instructions[fork] = isLazy ? .fork(end, fork + 1) : .fork(fork + 1, end)
    }

    private mutating func write(_ ways: ArraySlice<ByteExpressionNode>) -> Bool {
        var ends: [Int] = []
        for (index, way) in ways.enumerated() {
            let fork = instructions.count
            let isLast = index == ways.count - 1
            if !isLast, !write(.fork(0, 0)) { return false }
            guard write(way) else { return false }
            if isLast { break }
            ends.append(instructions.count)
            guard write(.fork(0, 0)) else { return false }
            instructions[fork] = .fork(fork + 1, instructions.count)
        }
        for end in ends { instructions[end] = .fork(instructions.count, instructions.count) }
        return true
    }
}
