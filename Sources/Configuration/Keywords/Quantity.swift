// SPDX-License-Identifier: Apache-2.0

/// A unit of time that a number without one is counted in.
enum TimeUnit: String, Sendable, CaseIterable {
    case microseconds = "us"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "m"
    case hours = "h"
    case days = "d"
    case weeks = "w"

    /// The unit in microseconds.
    fileprivate var microseconds: Int {
        switch self {
        case .microseconds: 1
        case .milliseconds: 1_000
        case .seconds: 1_000_000
        case .minutes: 60_000_000
        case .hours: 3_600_000_000
        case .days: 86_400_000_000
        case .weeks: 604_800_000_000
        }
    }
}

/// Owns numbers, times and sizes as text: reading them without overflow, and writing them for messages.
enum Quantity {
    /// The longest time there is, HAProxy's: 2^31 - 1 milliseconds, nearly 25 days.
    static let longestTime = 2_147_483_647

    static func integer(_ word: Word, in range: ClosedRange<Int>) throws(Finding) -> Int {
        guard let (number, suffix) = split(word.text), suffix.isEmpty else {
            throw Finding(at: word, "\(word.shown) is not a whole number")
        }
        guard let number, range.contains(number) else {
            throw outOfRange(word, "\(range.lowerBound)", "\(range.upperBound)")
        }
        return number
    }

    /// Milliseconds; a part of one counts as a whole one.
    static func time(_ word: Word, unit: TimeUnit, in range: ClosedRange<Int>) throws(Finding) -> Int {
        let units = TimeUnit.allCases.map(\.rawValue).joined(separator: ", ")
        guard let (number, suffix) = split(word.text) else {
            throw Finding(at: word, "\(word.shown) is not a time: write a number and one of \(units)")
        }
        guard let unit = suffix.isEmpty ? unit : TimeUnit(rawValue: String(suffix)) else {
            throw Finding(at: word, "\(String(suffix).shown) is not a unit of time: write one of \(units)")
        }
        let product = number?.multipliedReportingOverflow(by: unit.microseconds)
        guard let product, !product.overflow else {
            throw outOfRange(word, time(range.lowerBound), time(range.upperBound))
        }
        let milliseconds = product.partialValue / 1_000 + (product.partialValue % 1_000 == 0 ? 0 : 1)
        guard range.contains(milliseconds) else {
            throw outOfRange(word, time(range.lowerBound), time(range.upperBound))
        }
        return milliseconds
    }

    /// Bytes; `k`, `m` and `g` are powers of 1,024.
    static func size(_ word: Word, in range: ClosedRange<Int>) throws(Finding) -> Int {
        guard let (number, suffix) = split(word.text) else {
            throw Finding(
                at: word,
                "\(word.shown) is not a number of bytes: write a number, with k, m or g if you like"
            )
        }
        let factor: Int
        switch suffix {
        case "": factor = 1
        case "k", "K": factor = 1_024
        case "m", "M": factor = 1_048_576
        case "g", "G": factor = 1_073_741_824
        default: throw Finding(at: word, "\(String(suffix).shown) is not a unit of size: write k, m or g")
        }
        let product = number?.multipliedReportingOverflow(by: factor)
        guard let product, !product.overflow, range.contains(product.partialValue) else {
            throw outOfRange(word, size(range.lowerBound), size(range.upperBound))
        }
        return product.partialValue
    }

    /// A time for people: the largest unit that divides it.
    static func time(_ milliseconds: Int) -> String {
        guard milliseconds != 0, milliseconds != longestTime else { return milliseconds == 0 ? "0" : "24d" }
        let units: [TimeUnit] = [.days, .hours, .minutes, .seconds]
        for unit in units where milliseconds % (unit.microseconds / 1_000) == 0 {
            return "\(milliseconds / (unit.microseconds / 1_000))\(unit.rawValue)"
        }
        return "\(milliseconds)ms"
    }

    /// A number of bytes for people.
    static func size(_ bytes: Int) -> String {
        for (factor, suffix) in [(1_073_741_824, "g"), (1_048_576, "m"), (1_024, "k")]
        where bytes != 0 && bytes % factor == 0 {
            return "\(bytes / factor)\(suffix)"
        }
        return "\(bytes)"
    }

    /// Leading digits and what follows; the number is nil when it does not fit. Nil without a digit.
    private static func split(_ text: String) -> (number: Int?, suffix: Substring)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        return (Int(digits), text[digits.endIndex...])
    }

    private static func outOfRange(_ word: Word, _ lowest: String, _ highest: String) -> Finding {
        Finding(at: word, "\(word.shown) is out of range: it reaches from \(lowest) to \(highest)")
    }
}
