// SPDX-License-Identifier: Apache-2.0

/// HAProxy's date in log lines, `23/Nov/2026:08:35:59.168`.
enum Timestamp {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Appends a time in milliseconds since 1970 in the time zone that is to be printed.
    static func append(_ milliseconds: Int64, to text: inout String) {
        let time = max(0, milliseconds)
        let seconds = time / 1_000
        let (year, month, day) = date(daysSince1970: seconds / 86_400)
        let second = Int(seconds % 86_400)
        appendPadded(day, 2, to: &text)
        text += "/"
        text += months[min(max(month, 1), 12) - 1]
        text += "/\(year):"
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

    /// The Gregorian date of a day, counted in eras of 400 years that begin in March.
    private static func date(daysSince1970: Int64) -> (year: Int, month: Int, day: Int) {
        let days = Int(min(daysSince1970, 3_000_000)) + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func appendPadded(_ number: Int, _ width: Int, to text: inout String) {
        let digits = String(number)
        for _ in digits.utf8.count..<max(width, digits.utf8.count) { text += "0" }
        text += digits
    }
}
