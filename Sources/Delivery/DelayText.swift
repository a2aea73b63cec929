// SPDX-License-Identifier: Apache-2.0

/// Durations as Postfix's `delay=` and `delays=` write them: two significant digits, never finer than 10 ms, no
/// trailing zeros (log_adhoc.c, format_tv.c).
package enum DelayText {
    /// Appends `milliseconds` as seconds; negative ones, from a clock that was set back, count as 0.
    package static func append(_ milliseconds: Int64, to text: inout String) {
        let value = max(0, milliseconds)
        if value < 10 {
            text.append(value < 5 ? "0" : "0.01")
        } else if value < 995 {
            let hundredths = (value + 5) / 10
            text.append("0.")
            appendFraction(hundredths, to: &text)
        } else if value < 9_950 {
            let tenths = (value + 50) / 100
            appendNumber(tenths / 10, to: &text)
            if tenths % 10 != 0 {
                text.append(".")
                appendNumber(tenths % 10, to: &text)
            }
        } else {
            appendNumber((value + 500) / 1000, to: &text)
        }
    }

    private static func appendFraction(_ hundredths: Int64, to text: inout String) {
        appendNumber(hundredths / 10, to: &text)
        if hundredths % 10 != 0 { appendNumber(hundredths % 10, to: &text) }
    }

    private static func appendNumber(_ number: Int64, to text: inout String) {
        // why: nearly every delay is a single digit, and such a string needs no formatting.
        if number < 10 {
            text.unicodeScalars.append(Unicode.Scalar(UInt8(number) + 0x30))
        } else {
            text.append(String(number))
        }
    }
}
