// SPDX-License-Identifier: Apache-2.0

/// Chooses the next server among those that may take a connection (HAProxy configuration manual 4.2, `balance`).
package struct Selection: Sendable {
    /// A server that may be chosen.
    package struct Candidate: Sendable, Equatable {
        /// The server's place in its backend.
        package var index: Int
        /// 1 to 256; 0 is never chosen.
        package var weight: Int
        /// Connections it serves or that wait for it.
        package var load: Int

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

    /// - Parameter count: servers of the backend.
    package init(algorithm: BackendSettings.Algorithm, count: Int) {
        self.algorithm = algorithm
        marks = Array(repeating: 0, count: count)
    }

    /// The index of the chosen candidate; nil when there is none with a weight.
    package mutating func choose(among candidates: some Sequence<Candidate>) -> Int? {
        switch algorithm {
        case .roundrobin: chooseByTurns(candidates)
        case .leastconn: chooseLeastLoaded(candidates)
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
            // load / weight < leader.load / leader.weight, without the division
            let (mine, its) = (candidate.load * leader.weight, leader.load * candidate.weight)
            if mine < its || (mine == its && marks[candidate.index] < marks[leader.index]) { best = candidate }
        }
        if let best {
            turn += 1
            marks[best.index] = turn
        }
        return best?.index
    }
}
