// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

struct InternetDateTests {
    @Test(arguments: [
        (Int64(0), "Thu, 1 Jan 1970 00:00:00 +0000 (UTC)"),
        (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000 (UTC)"),
        (1_709_251_199_999, "Thu, 29 Feb 2024 23:59:59 +0000 (UTC)"),
        (1_795_554_678_000, "Tue, 24 Nov 2026 21:11:18 +0000 (UTC)"),
        (4_102_444_800_000, "Fri, 1 Jan 2100 00:00:00 +0000 (UTC)"),
        (-5, "Thu, 1 Jan 1970 00:00:00 +0000 (UTC)"),
    ])
    func writes(milliseconds: Int64, expected: String) {
        #expect(InternetDate(milliseconds: milliseconds).description == expected)
    }
}
