// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

struct CivilDateTests {
    @Test(arguments: [
        (0, "1970-1-1 4"), (-1, "1969-12-31 3"), (11_016, "2000-2-29 2"), (19_782, "2024-2-29 4"),
        (20_781, "2026-11-24 2"),
        (47_482, "2100-1-1 5"), (-719_468, "0-3-1 3"),
    ])
    func daysBecomeDates(days: Int, date: String) {
        let day = CivilDate(daysSince1970: days)
        #expect("\(day.year)-\(day.month)-\(day.day) \(day.weekday)" == date)
    }

    @Test func everyDayFollowsTheOneBefore() {
        var before = CivilDate(daysSince1970: -800_000)
        for days in -799_999...100_000 {
            let day = CivilDate(daysSince1970: days)
            let isNext =
                day.day == before.day + 1 && day.month == before.month && day.year == before.year
                || day.day == 1 && day.month == before.month % 12 + 1 && before.day >= 28
            guard isNext, day.weekday == (before.weekday + 1) % 7 else {
                Issue.record("\(days)")
                return
            }
            before = day
        }
    }

    @Test(arguments: [Int.min, .max]) func nothingIsTooFarAway(days: Int) {
        #expect((1...12).contains(CivilDate(daysSince1970: days).month))
    }
}
