// SPDX-License-Identifier: Apache-2.0

import SMTP

/// A moment in the Gregorian calendar, for the dates that answers print.
package struct CalendarTime: Sendable, Equatable {
    /// From 68 to 9892: what is further away is moved there.
    package var year: Int
    /// From 1 to 12.
    package var month: Int
    /// From 1 to 31.
    package var day: Int
    /// From 0 to 23.
    package var hour: Int
    /// From 0 to 59.
    package var minute: Int
    /// From 0 to 59: leap seconds are not known here.
    package var second: Int
    /// From 0 to 999.
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
        let date = CivilDate(daysSince1970: days)
        (year, month, day, weekday) = (date.year, date.month, date.day, date.weekday)
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
