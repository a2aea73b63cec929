// SPDX-License-Identifier: Apache-2.0

/// A moment as mail headers write it, always in UTC: `Tue, 24 Nov 2026 21:11:18 +0000 (UTC)` (RFC 5322 section 3.3).
package struct InternetDate: Sendable, CustomStringConvertible {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private let seconds: Int

    /// - Parameter milliseconds: since 1970; a time before that counts as 1970.
    package init(milliseconds: Int64) {
        seconds = Int(max(0, milliseconds / 1000))
    }

    package var description: String {
        let date = CivilDate(daysSince1970: seconds / 86_400)
        let time = seconds % 86_400
        let clock = [time / 3_600, time / 60 % 60, time % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let (weekday, month) = (InternetDate.weekdays[date.weekday], InternetDate.months[date.month - 1])
        return "\(weekday), \(date.day) \(month) \(date.year) \(clock.joined(separator: ":")) +0000 (UTC)"
    }
}
