// SPDX-License-Identifier: Apache-2.0

/// A moment in the Gregorian calendar, for the dates that answers print.
package struct CalendarTime: Sendable, Equatable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int
    /// 0 is Sunday.
    package var weekday: Int

    /// - Parameters:
    ///   - time: milliseconds since 1970.
    ///   - offset: seconds east of UTC.
    package init(_ time: Int64, offset: Int = 0) {
        // Any 64-bit time must do: the number may come from a damaged store.
        let bounded = min(max(time, -60_000_000_000_000), 250_000_000_000_000)
        let local = bounded + Int64(min(max(offset, -86_400), 86_400)) * 1000
        let days = Int((Double(local) / 86_400_000).rounded(.down))
        let rest = Int(local - Int64(days) * 86_400_000)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
        weekday = ((days + 4) % 7 + 7) % 7
        // Days since 0000-03-01, in eras of 400 years, so that the leap day is the last of a year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension CalendarTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private var clock: String { "\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))" }
    private var monthName: String { Self.months[min(max(month, 1), 12) - 1] }

    /// `Tue Nov 24 21:31:52`, as mailq prints arrival times.
    package var mailq: String {
        "\(Self.weekdays[weekday]) \(monthName) \(PlainText.pad("\(day)", to: 2, right: true)) \(clock)"
    }

    /// `24/Nov/2026:21:31:52.746`, as HAProxy prints dates.
    package var haproxy: String {
        let milliseconds = PlainText.pad("\(millisecond)", to: 3, right: true).map { $0 == " " ? "0" : $0 }
        return "\(Self.two(day))/\(monthName)/\(year):\(clock).\(String(milliseconds))"
    }

    /// `2026-11-24 21:31:52.746`.
    package var precise: String {
        "\(sortable).\(millisecond < 100 ? "0" : "")\(Self.two(millisecond))"
    }

    /// `2026-11-24 21:31:52`.
    package var sortable: String { "\(year)-\(Self.two(month))-\(Self.two(day)) \(clock)" }
}

/// Durations as people read them.
package enum DurationText {
    /// `0d 0h00m06s`: HAProxy's uptime.
    package static func uptime(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = max(0, seconds)
        return "\(seconds / 86_400)d \(seconds / 3600 % 24)h\(two(seconds / 60 % 60))m\(two(seconds % 60))s"
    }

    /// `6s`, `2m48s`, `3h5m`, `2d4h`: the two largest units.
    package static func short(_ seconds: Int) -> String {
        let seconds = max(0, seconds)
        switch seconds {
        case ..<60: return "\(seconds)s"
        case ..<3600: return "\(seconds / 60)m\(seconds % 60)s"
        case ..<86_400: return "\(seconds / 3600)h\(seconds / 60 % 60)m"
        default: return "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
        }
    }
}
