// SPDX-License-Identifier: Apache-2.0

/// Sends a client always to the same server, and to another one only when its own has left: HAProxy's `balance source` with
/// `hash-type consistent`.
///
/// Every server has as many points on a ring as its weight counts sixteenths; a client belongs to the nearest one. The ring keeps
/// the points of servers that are away, so that a server that comes, goes or is full costs nothing but a look past it.
struct SourceRing: Sendable {
    private struct Point: Sendable {
        var place: UInt32
        var server: Int
        /// Which of the server's points it is, from 0; those below its weight count.
        var number: Int
    }

    /// Points that a server's number on the ring is apart from the next one's: the largest weight, in sixteenths.
    private static let range: UInt32 = 4_096

    private var points: [Point] = []
    /// Points that each server has on the ring.
    private var counts: [Int]
    /// The weight of each server in the choice that is being made.
    private var weights: [Int]

    init(count: Int) {
        counts = Array(repeating: 0, count: count)
        weights = counts
    }

    /// The index of the client's server; nil when nobody has a weight.
    ///
    /// - Parameter source: the client as `SourceHash` has it.
    mutating func choose(among candidates: some Sequence<Selection.Candidate>, source: UInt32) -> Int? {
        for index in weights.indices { weights[index] = 0 }
        for candidate in candidates where weights.indices.contains(candidate.index) {
            weights[candidate.index] = min(candidate.weight, Int(SourceRing.range))
        }
        guard weights.contains(where: { $0 > 0 }) else { return nil }
        if zip(weights, counts).contains(where: { $0 > $1 }) { grow() }
        let start = firstPoint(from: source)
        guard let next = nearest(start, step: 1), let previous = nearest(start + points.count - 1, step: -1) else {
            return nil
        }
        return source &- previous.place <= next.place &- source ? previous.server : next.server
    }

    /// The first point that counts, from a place in the ring on.
    private func nearest(_ start: Int, step: Int) -> Point? {
        for distance in points.indices {
            let point = points[(start + points.count + step * distance) % points.count]
            if point.number < weights[point.server] { return point }
        }
        return nil
    }

    /// The number of the first point at `place` or behind it; 0 behind the last.
    private func firstPoint(from place: UInt32) -> Int {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low == points.count ? 0 : low
    }

    /// Adds points, with some to spare: a weight that grows step by step must not sort the ring each time.
    private mutating func grow() {
        for index in counts.indices where weights[index] > counts[index] {
            let wanted = min(max(weights[index], 2 * counts[index]), Int(SourceRing.range))
            for number in counts[index]..<wanted {
                let place = SourceHash.mixed(UInt32(index + 1) &* SourceRing.range &+ UInt32(number))
                points.append(Point(place: place, server: index, number: number))
            }
            counts[index] = wanted
        }
        points.sort { $0.place < $1.place }
    }
}
