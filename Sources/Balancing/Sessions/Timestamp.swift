// SPDX-License-Identifier: Apache-2.0

import SMTP

/// HAProxy's date in log lines, `23/Nov/2026:08:35:59.168`.
enum Timestamp {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Appends a time in milliseconds since 1970 in the time zone that is to be printed.
    static func append(_ milliseconds: Int64, to text: inout String) {
        let time = max(0, milliseconds)
        let seconds = time / 1_000
        let date = CivilDate(daysSince1970: Int(seconds / 86_400))
        let second = Int(seconds % 86_400)
        appendPadded(date.day, 2, to: &text)
        text += "/"
        text += months[date.month - 1]
        text += "/\(date.year):"
        appendPadded(second / 3_600, 2, to: &text)
        text += ":"
        appendPadded(second / 60 % 60, 2, to: &text)
        text += ":"
        appendPadded(second % 60, 2, to: &text)
        text += "."
        appendPadded(Int(time % 1_000), 3, to: &text)
    }

    static func text(_ milliseconds: Int64) -> String {
        var text = ""
        append(milliseconds, to: &text)
        return text
    }

    private static func appendPadded(_ number: Int, _ width: Int, to text: inout String) {
        let digits = String(number)
        for _ in digits.utf8.count..<max(width, digits.utf8.count) { text += "0" }
        text += digits
    }
}
