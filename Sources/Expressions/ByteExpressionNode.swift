// SPDX-License-Identifier: Apache-2.0

/// What a regular expression is made of.
indirect enum ByteExpressionNode: Sendable {
    case set(ByteSet)
    case check(ByteExpression.Assertion)
    case sequence([ByteExpressionNode])
    case either([ByteExpressionNode])
    /// The group with that number, from 1.
    case group(Int, ByteExpressionNode)
    /// A nil maximum is none; a lazy one takes as little as it can.
    case repeated(ByteExpressionNode, minimum: Int, maximum: Int?, isLazy: Bool)

    /// Whether it matches nowhere but where the text begins.
    var beginsAtStart: Bool {
        switch self {
        case .check(.start): true
        case .check, .set: false
        case .sequence(let nodes): nodes.first { !$0.isNothing }?.beginsAtStart ?? false
        case .either(let ways): ways.allSatisfy(\.beginsAtStart)
        case .group(_, let node): node.beginsAtStart
        case .repeated(let node, let minimum, _, _): minimum > 0 && node.beginsAtStart
        }
    }

    /// What `(?i)` leaves.
    private var isNothing: Bool { if case .sequence(let nodes) = self { nodes.isEmpty } else { false } }
}
