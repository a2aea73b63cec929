// SPDX-License-Identifier: Apache-2.0

/// Owns a set of networks and answers whether one of them holds an address: one hash lookup for each prefix length that
/// occurs, so that it costs the same with ten networks or with a hundred thousand.
package struct AddressSet: Sendable, Equatable {
    /// The networks of one length.
    private struct Level: Sendable, Equatable {
        let length: Int
        var networks: Set<IPAddress>
    }

    private var levels: [Level] = []
    /// The networks in the order in which they came.
    package private(set) var ranges: [AddressRange] = []

    /// A set of these networks; one that comes twice is kept once.
    package init(_ ranges: some Sequence<AddressRange> = []) {
        for range in ranges { insert(range) }
    }

    /// Whether it holds no address at all.
    package var isEmpty: Bool { ranges.isEmpty }
    /// Networks in it.
    package var count: Int { ranges.count }

    /// Whether one of the networks holds the address; `::/0` holds IPv4 addresses too, in their mapped form.
    package func contains(_ address: IPAddress) -> Bool {
        for level in levels where level.networks.contains(address.masked(to: level.length)) { return true }
        return false
    }

    /// Adds a network; one that is there already stays where it is.
    package mutating func insert(_ range: AddressRange) {
        if let index = levels.firstIndex(where: { $0.length == range.prefixLength }) {
            guard levels[index].networks.insert(range.network).inserted else { return }
        } else {
            levels.append(Level(length: range.prefixLength, networks: [range.network]))
        }
        ranges.append(range)
    }

    /// Takes a network out; false where it is not there. Networks inside of it or around it stay.
    @discardableResult
    package mutating func remove(_ range: AddressRange) -> Bool {
        guard let index = levels.firstIndex(where: { $0.length == range.prefixLength }),
            levels[index].networks.remove(range.network) != nil
        else { return false }
        if levels[index].networks.isEmpty { levels.remove(at: index) }
        ranges.removeAll { $0 == range }
        return true
    }

    /// Takes every network out.
    package mutating func removeAll() {
        levels = []
        ranges = []
    }
}

extension AddressRange {
    /// The network that an address with a prefix length lies in: `192.0.2.7/24` is `192.0.2.0/24`, as HAProxy reads it.
    /// A mask may be written out (`192.0.2.0/255.255.255.0`) where its set bits are in front.
    package init?(loosely text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let width = address.isIPv4 ? 32 : 128
        var length = width
        if parts.count == 2 {
            if let mask = IPAddress(String(parts[1])), mask.isIPv4, address.isIPv4 {
                let bits = UInt32(truncatingIfNeeded: mask.low)
                length = (~bits).leadingZeroBitCount
                guard length == 32 || bits << UInt32(length) == 0 else { return nil }
            } else {
                guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]),
                    (0...width).contains(given)
                else { return nil }
                length = given
            }
        }
        let absolute = address.isIPv4 ? length + 96 : length
        self.init(network: address.masked(to: absolute), prefixLength: absolute)
    }
}

extension AddressRange: CustomStringConvertible {
    /// CIDR notation; a single address without a length.
    package var description: String {
        let length = network.isIPv4 ? prefixLength - 96 : prefixLength
        return prefixLength == 128 ? "\(network)" : "\(network)/\(length)"
    }
}
