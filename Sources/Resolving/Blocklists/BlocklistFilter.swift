// SPDX-License-Identifier: Apache-2.0

/// Which answers of a block list count: four octets, each a number or a list of numbers and ranges, as
/// `127.0.[0..2].[1..4;9]` (Postfix: postscreen_dnsbl_sites).
package struct BlocklistFilter: Sendable, Hashable {
    private let octets: [[ClosedRange<UInt8>]]

    /// Parses the notation; nil when it is not one.
    package init?(_ text: some StringProtocol) {
        var rest = Array(text.utf8.prefix(BlocklistFilter.longestText + 1))[...]
        guard rest.count <= BlocklistFilter.longestText else { return nil }
        var octets: [[ClosedRange<UInt8>]] = []
        while true {
            guard let ranges = BlocklistFilter.octet(from: &rest) else { return nil }
            octets.append(ranges)
            guard octets.count < 4 else { break }
            guard rest.popFirst() == UInt8(ascii: ".") else { return nil }
        }
        guard rest.isEmpty else { return nil }
        self.octets = octets
    }

    /// Whether an answer passes.
    package func matches(_ address: HostAddress) -> Bool {
        guard address.ipv4 != nil else { return false }
        return zip(octets, address.bytes).allSatisfy { ranges, byte in ranges.contains { $0.contains(byte) } }
    }

    private static var longestText: Int { 1_024 }

    private static func octet(from rest: inout ArraySlice<UInt8>) -> [ClosedRange<UInt8>]? {
        guard rest.first == UInt8(ascii: "[") else { return number(from: &rest).map { [$0...$0] } }
        rest.removeFirst()
        var ranges: [ClosedRange<UInt8>] = []
        while true {
            guard let low = number(from: &rest) else { return nil }
            var high = low
            if rest.starts(with: Array("..".utf8)) {
                rest.removeFirst(2)
                guard let end = number(from: &rest), end >= low else { return nil }
                high = end
            }
            ranges.append(low...high)
            switch rest.popFirst() {
            case UInt8(ascii: ";"): continue
            case UInt8(ascii: "]"): return ranges
            default: return nil
            }
        }
    }

    private static func number(from rest: inout ArraySlice<UInt8>) -> UInt8? {
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        rest.removeFirst(digits.count)
        return DecimalOctet.value(of: digits)
    }
}

extension BlocklistFilter: CustomStringConvertible {
    /// The filter in the notation it is parsed from.
    package var description: String {
        octets.map { ranges in
            let texts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
            return ranges.count == 1 && ranges[0].count == 1 ? texts[0] : "[\(texts.joined(separator: ";"))]"
        }.joined(separator: ".")
    }
}
