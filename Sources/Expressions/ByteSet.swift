// SPDX-License-Identifier: Apache-2.0

/// A set of byte values.
struct ByteSet: Sendable, Equatable {
    private var bits = SIMD4<UInt64>()

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { insert(byte) }
    }

    func contains(_ byte: UInt8) -> Bool { bits[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

    mutating func insert(_ byte: UInt8) { bits[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    mutating func formUnion(_ other: ByteSet) { bits |= other.bits }

    var inverted: ByteSet {
        var set = self
        set.bits = ~bits
        return set
    }

    /// With the other case of each ASCII letter.
    var caseless: ByteSet {
        var set = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(letter) || contains(letter - 32) {
            set.insert(letter)
            set.insert(letter - 32)
        }
        return set
    }

    static let all = ByteSet(0...255)
    static let newline = ByteSet([0x0A])
    static let digit = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let lower = ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z"))
    static let upper = ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static let alpha = lower.caseless
    static let space = ByteSet([0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20])
    static let word = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_".utf8)
    static let punctuation = ByteSet((0x21...0x7E).filter { !word.contains($0) || $0 == UInt8(ascii: "_") })

    /// A class of POSIX by the name between `[:` and `:]`.
    static func named(_ name: String) -> ByteSet? {
        switch name {
        case "alpha": alpha
        case "digit": digit
        case "alnum": ByteSet((0...127).filter { alpha.contains($0) || digit.contains($0) })
        case "upper": upper
        case "lower": lower
        case "space": space
        case "blank": ByteSet([0x09, 0x20])
        case "punct": punctuation
        case "print": ByteSet(0x20...0x7E)
        case "graph": ByteSet(0x21...0x7E)
        case "cntrl": ByteSet((0...127).filter { $0 < 0x20 || $0 == 0x7F })
        case "xdigit": ByteSet("0123456789ABCDEFabcdef".utf8)
        default: nil
        }
    }

    /// A class by the letter after a backslash.
    static func escaped(_ letter: UInt8) -> ByteSet? {
        switch letter {
        case UInt8(ascii: "d"): digit
        case UInt8(ascii: "D"): digit.inverted
        case UInt8(ascii: "w"): word
        case UInt8(ascii: "W"): word.inverted
        case UInt8(ascii: "s"): space
        case UInt8(ascii: "S"): space.inverted
        default: nil
        }
    }
}
