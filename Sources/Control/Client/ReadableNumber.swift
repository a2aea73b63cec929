// SPDX-License-Identifier: Apache-2.0

/// Numbers as people read them in a narrow column.
package enum ReadableNumber {
    /// `999`, `12.3k`, `4.5M`: powers of 1000.
    package static func count(_ number: Int) -> String {
        scaled(number, by: 1000, units: ["", "k", "M", "G", "T", "P"], smallestScaled: 10_000)
    }

    /// `999`, `12.3K`, `4.5M`: powers of 1024, bytes.
    package static func bytes(_ number: Int) -> String {
        scaled(number, by: 1024, units: ["", "K", "M", "G", "T", "P"], smallestScaled: 1024)
    }

    private static func scaled(_ number: Int, by step: Int, units: [String], smallestScaled: Int) -> String {
        guard number >= smallestScaled else { return String(number) }
        var value = Double(number)
        var unit = 0
        while value >= Double(step), unit < units.count - 1 {
            value /= Double(step)
            unit += 1
        }
        if value >= 100 { return "\(Int(value))\(units[unit])" }
        let tenths = Int(value * 10)
        return "\(tenths / 10).\(tenths % 10)\(units[unit])"
    }
}
