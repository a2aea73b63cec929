// SPDX-License-Identifier: Apache-2.0

package import enum NIOCore.SocketAddress
import ProxyProtocol

/// Sends a client always to the same server while the servers stay the same: HAProxy's `balance source` with `hash-type
/// map-based`, which spreads as many places over the servers as their weights add up to and counts them off by the client's
/// address.
struct SourceMap: Sendable {
    /// Places at most, so that a long backend with odd weights has no endless map.
    private static let largest = 65_536

    private var owners: [Selection.Candidate] = []
    private var places: [Int] = []

    /// The index of the client's server; nil when nobody has a weight.
    mutating func choose(among candidates: some Sequence<Selection.Candidate>, source: UInt32) -> Int? {
        let wanted = candidates.filter { $0.weight > 0 }.map {
            Selection.Candidate(index: $0.index, weight: $0.weight, load: 0)
        }
        if wanted != owners { rebuild(wanted) }
        return places.isEmpty ? nil : places[Int(source % UInt32(places.count))]
    }

    /// Gives every place to the server that has waited for one the longest by its weight; the first in the file among equals.
    private mutating func rebuild(_ wanted: [Selection.Candidate]) {
        owners = wanted
        let divisor = max(1, wanted.reduce(0) { SourceMap.greatestCommonDivisor($0, $1.weight) })
        let weights = wanted.map { $0.weight / divisor }
        let total = min(weights.reduce(0, +), SourceMap.largest)
        var scores = weights.map { _ in 0 }
        places = (0..<total).map { _ in
            var best = 0
            var highest = Int.min
            for index in weights.indices {
                scores[index] += weights[index]
                // HAProxy compares whole turns, not scores.
                let turns = (scores[index] + total) / total
                if turns > highest { (best, highest) = (index, turns) }
            }
            scores[best] -= total
            return wanted[best].index
        }
    }

    private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
        var (a, b) = (first, second)
        while b > 0 { (a, b) = (b, a % b) }
        return a
    }
}

/// A client's address as one number, as `balance source` counts it.
package enum SourceHash {
    /// The words of the address, in host order, exclusively or'ed; 0 for a client without one.
    package static func of(_ address: SocketAddress?) -> UInt32 {
        guard let address, let ip = IPAddress(address) else { return 0 }
        if ip.isIPv4 { return UInt32(truncatingIfNeeded: ip.low) }
        let folded = ip.high ^ ip.low
        return UInt32(truncatingIfNeeded: folded ^ (folded >> 32))
    }

    /// The number with every bit spread over all of it: Robert Jenkins' 32 bit integer hash, times a prime (`avalanche`).
    package static func mixed(_ number: UInt32) -> UInt32 {
        var mixed = number
        mixed = mixed &+ 0x7ED5_5D16 &+ (mixed << 12)
        mixed = mixed ^ 0xC761_C23C ^ (mixed >> 19)
        mixed = mixed &+ 0x1656_67B1 &+ (mixed << 5)
        mixed = (mixed &+ 0xD3A2_646C) ^ (mixed << 9)
        mixed = mixed &+ 0xFD70_46C5 &+ (mixed << 3)
        mixed = mixed ^ 0xB55A_4F09 ^ (mixed >> 16)
        return mixed &* 3_221_225_473
    }
}
