// SPDX-License-Identifier: Apache-2.0

/// What a sample is compared with (HAProxy configuration manual 7.1).
package enum Pattern: Sendable, Equatable {
    /// How bytes are compared (`-m str`, `beg`, `end`, `sub`).
    package enum Comparison: String, Sendable, Equatable, CaseIterable {
        case exact = "str"
        case beginning = "beg"
        case end = "end"
        case inside = "sub"
    }

    /// It is true, or not 0.
    case truth
    /// There is one at all (`-m found`).
    case found
    /// It lies in one of the ranges.
    case numbers([ClosedRange<Int>])
    /// One of the lists with these places in `BalancerSettings.addressLists` holds it.
    case addresses([Int])
    /// One of the texts compares; `-i` ignores the case of ASCII letters.
    case bytes(Comparison, [[UInt8]], ignoresCase: Bool)
    /// So many bytes (`-m len`).
    case lengths([ClosedRange<Int>])

    func matches(_ value: Sample.Value, _ facts: some RuleFacts) -> Bool {
        switch (self, value) {
        case (.found, _): true
        case (.truth, .truth(let value)): value
        case (.truth, .number(let number)): number != 0
        case (.numbers(let ranges), .number(let number)): ranges.contains { $0.contains(number) }
        case (.addresses(let lists), .address(let address)): lists.contains { facts.list($0, contains: address) }
        case (.lengths(let ranges), .bytes(let bytes)): ranges.contains { $0.contains(bytes.count) }
        case (.bytes(let comparison, let patterns, let ignoresCase), .bytes(let bytes)):
            patterns.contains { pattern in
                ignoresCase
                    ? comparison.matches(bytes.map(\.lowered), pattern.map(\.lowered))
                    : comparison.matches(bytes, pattern)
            }
        case (.truth, _), (.numbers, _), (.addresses, _), (.lengths, _), (.bytes, _): false
        }
    }
}

extension Pattern.Comparison {
    fileprivate func matches(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        switch self {
        case .exact: bytes == pattern
        case .beginning: bytes.starts(with: pattern)
        case .end: bytes.count >= pattern.count && bytes.suffix(pattern.count).elementsEqual(pattern)
        case .inside:
            pattern.isEmpty
                || bytes.indices.contains { start in
                    bytes.count - start >= pattern.count
                        && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
                }
        }
    }
}

extension UInt8 {
    fileprivate var lowered: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
