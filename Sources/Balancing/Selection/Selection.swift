// SPDX-License-Identifier: Apache-2.0

/// Chooses the next server among those that may take a connection (HAProxy configuration manual 4.2, `balance`).
package struct Selection: Sendable {
    /// A server that may be chosen.
    package struct Candidate: Sendable, Equatable {
        /// The server's place in its backend.
        package var index: Int
        /// Its share; 0 is never chosen.
        package var weight: Int
        /// Connections it serves or that wait for it.
        package var load: Int

        /// A server with room. `weight` in whatever unit all candidates share.
        package init(index: Int, weight: Int, load: Int) {
            self.index = index
            self.weight = weight
            self.load = load
        }
    }

    private var algorithm: BackendSettings.Algorithm
    /// Round robin: what each server has saved up. Least connections: when each was chosen last.
    private var marks: [Int]
    private var turn = 0
    private let hash: BackendSettings.HashType
    private var map = SourceMap()
    private var ring: SourceRing
    private var dice: Dice

    /// - Parameters:
    ///   - hash: how `source` finds a server.
    ///   - count: servers of the backend.
    ///   - seed: where `random` begins; the same seed gives the same draws.
    package init(
        algorithm: BackendSettings.Algorithm,
        hash: BackendSettings.HashType = .mapBased,
        count: Int,
        seed: UInt64 = 0
    ) {
        self.algorithm = algorithm
        self.hash = hash
        ring = SourceRing(count: hash == .consistent ? count : 0)
        marks = Array(repeating: 0, count: count)
        dice = Dice(seed: seed)
    }

    /// The index of the chosen candidate; nil when there is none with a weight.
    ///
    /// - Parameter source: the client as `SourceHash` has it; only `source` looks at it.
    package mutating func choose(among candidates: some Sequence<Candidate>, source: UInt32 = 0) -> Int? {
        let count = marks.count
        return switch algorithm {
        case .roundrobin, .staticRoundRobin: chooseByTurns(candidates)
        case .leastconn: chooseLeastLoaded(candidates)
        case .source where hash == .consistent: ring.choose(among: candidates, source: source)
        case .source: map.choose(among: candidates.filter { $0.index < count }, source: source)
        case .first: candidates.first { $0.weight > 0 && $0.index < count }?.index
        case .random(let draws): chooseByChance(candidates, draws: draws)
        }
    }

    /// Smooth weighted round robin: everybody saves its weight, the richest is chosen and pays for all. Weights may change
    /// at any time, and a heavy server's turns are spread between the others'.
    private mutating func chooseByTurns(_ candidates: some Sequence<Candidate>) -> Int? {
        var best: Int?
        var total = 0
        for candidate in candidates where candidate.weight > 0 && marks.indices.contains(candidate.index) {
            total += candidate.weight
            marks[candidate.index] += candidate.weight
            if best.map({ marks[candidate.index] > marks[$0] }) ?? true { best = candidate.index }
        }
        if let best { marks[best] -= total }
        return best
    }

    /// The lowest load for its weight; among equals the one that was not chosen for longest.
    private mutating func chooseLeastLoaded(_ candidates: some Sequence<Candidate>) -> Int? {
        var best: Candidate?
        for candidate in candidates where candidate.weight > 0 && marks.indices.contains(candidate.index) {
            guard let leader = best else {
                best = candidate
                continue
            }
            if candidate.isLighter(than: leader)
                || (candidate.isAsLoaded(as: leader) && marks[candidate.index] < marks[leader.index])
            {
                best = candidate
            }
        }
        if let best {
            turn += 1
            marks[best.index] = turn
        }
        return best?.index
    }

    /// The least loaded of so many servers drawn by weight.
    private mutating func chooseByChance(_ candidates: some Sequence<Candidate>, draws: Int) -> Int? {
        let candidates = candidates.filter { $0.weight > 0 && marks.indices.contains($0.index) }
        let total = candidates.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return nil }
        var best: Candidate?
        for _ in 0..<max(1, draws) {
            var point = dice.roll(total)
            for candidate in candidates {
                point -= candidate.weight
                guard point < 0 else { continue }
                if best.map({ candidate.isLighter(than: $0) }) ?? true { best = candidate }
                break
            }
        }
        return best?.index
    }
}

extension Selection.Candidate {
    /// load / weight < other.load / other.weight, without the division
    fileprivate func isLighter(than other: Self) -> Bool { load * other.weight < other.load * weight }
    fileprivate func isAsLoaded(as other: Self) -> Bool { load * other.weight == other.load * weight }
}

/// Numbers that look random and can be had again (SplitMix64).
private struct Dice: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// From 0 to `sides` - 1.
    mutating func roll(_ sides: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(max(1, sides)))
    }
}
