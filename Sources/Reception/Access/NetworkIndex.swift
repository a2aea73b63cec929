// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// Owns networks and the order in which they were listed, and finds the first that holds an address.
///
/// Networks are found by prefix length, one hash lookup each, so that a lookup costs the same with ten entries or with
/// ten thousand.
package struct NetworkIndex: Sendable {
    /// The networks of one length.
    private struct Level: Sendable {
        let length: Int
        /// The earliest entry of this length.
        let earliest: Int
        var entries: [IPAddress: Int]
    }

    // why: a network of one family never holds an address of the other, not even ::/0.
    private var version4: [Level] = []
    private var version6: [Level] = []

    package init() {}

    /// The smallest index of a network that holds the address; nil when none does.
    package func first(holding address: IPAddress) -> Int? {
        var first = Int.max
        for level in address.isIPv4 ? version4 : version6 where level.earliest < first {
            if let index = level.entries[address.masked(to: level.length)] { first = min(first, index) }
        }
        return first == Int.max ? nil : first
    }

    /// Adds a network; indices only grow.
    package mutating func add(_ range: AddressRange, _ index: Int) {
        if range.network.isIPv4 {
            NetworkIndex.add(range, index, to: &version4)
        } else {
            NetworkIndex.add(range, index, to: &version6)
        }
    }

    private static func add(_ range: AddressRange, _ index: Int, to levels: inout [Level]) {
        if let position = levels.firstIndex(where: { $0.length == range.prefixLength }) {
            if levels[position].entries[range.network] == nil { levels[position].entries[range.network] = index }
        } else {
            levels.append(Level(length: range.prefixLength, earliest: index, entries: [range.network: index]))
        }
    }
}
