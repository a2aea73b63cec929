// SPDX-License-Identifier: Apache-2.0

/// The common kinds of Postfix parameters (postconf(5)), each one table line. The default that the manual shows is read
/// from the settings themselves.
extension Keyword {
    /// A path to a setting that may cross threads with its table.
    typealias Path<Value> = any WritableKeyPath<Target, Value> & Sendable

    /// A time; a number without a unit counts seconds, as in Postfix for nearly all of them.
    static func time(
        _ name: String,
        _ path: Path<Int>,
        of standard: Target,
        unit: TimeUnit = .seconds,
        from lowest: Int = 1_000,
        to highest: Int = Quantity.longestTime,
        _ summary: String
    ) -> Keyword {
        Keyword(name, "TIME", default: Quantity.time(standard[keyPath: path]), summary) {
            target,
            words throws(Finding) in
            target[keyPath: path] = try words.time(unit: unit, in: lowest...highest)
        }
    }

    /// A number.
    static func number(
        _ name: String,
        _ path: Path<Int>,
        of standard: Target,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword {
        Keyword(name, "NUMBER", default: String(standard[keyPath: path]), summary) { target, words throws(Finding) in
            target[keyPath: path] = try words.integer(in: range)
        }
    }

    /// A number of bytes.
    static func size(
        _ name: String,
        _ path: Path<Int>,
        of standard: Target,
        in range: ClosedRange<Int>,
        _ summary: String
    ) -> Keyword {
        Keyword(name, "BYTES", default: String(standard[keyPath: path]), summary) { target, words throws(Finding) in
            target[keyPath: path] = try words.size(in: range)
        }
    }

    /// `yes` or `no`.
    static func boolean(_ name: String, _ path: Path<Bool>, of standard: Target, _ summary: String) -> Keyword {
        Keyword(name, "yes | no", default: standard[keyPath: path] ? "yes" : "no", summary) {
            target,
            words throws(Finding) in
            target[keyPath: path] = try words.boolean()
        }
    }
}
