// SPDX-License-Identifier: Apache-2.0

/// A moment as mail headers write it, always in UTC: `Tue, 24 Nov 2026 21:11:18 +0000 (UTC)` (RFC 5322 section 3.3).
package struct InternetDate: Sendable, CustomStringConvertible {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private let seconds: Int64

    /// - Parameter milliseconds: since 1970; a time before that counts as 1970.
    package init(milliseconds: Int64) {
        seconds = max(0, milliseconds / 1000)
    }

    package var description: String {
        let days = seconds / 86_400
        let (year, month, day) = InternetDate.civil(fromDays: days)
        let time = seconds % 86_400
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let weekday = InternetDate.weekdays[Int(days % 7)]
        return
            "\(weekday), \(day) \(InternetDate.months[month - 1]) \(year) \(clock.joined(separator: ":")) +0000 (UTC)"
    }

    /// Year, month (1 to 12) and day of the month, counted from days since 1970 in eras of 400 years from 1 March.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), day)
    }
}
