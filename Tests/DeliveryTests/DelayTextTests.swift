// SPDX-License-Identifier: Apache-2.0

import Delivery
import Testing

@Suite struct DelayTextTests {
    static let texts: [(Int64, String)] = [
        (-5, "0"), (0, "0"), (4, "0"), (5, "0.01"), (9, "0.01"), (10, "0.01"), (14, "0.01"), (15, "0.02"), (50, "0.05"),
        (95, "0.1"), (100, "0.1"), (123, "0.12"), (500, "0.5"), (994, "0.99"), (995, "1"), (999, "1"), (1_000, "1"),
        (1_049, "1"), (1_050, "1.1"), (1_234, "1.2"), (9_949, "9.9"), (9_950, "10"), (10_400, "10"), (12_500, "13"),
        (123_456, "123"), (432_000_000, "432000"),
    ]

    @Test(arguments: texts)
    func hasTwoSignificantDigits(_ milliseconds: Int64, _ expected: String) {
        var text = ""
        DelayText.append(milliseconds, to: &text)
        #expect(text == expected)
    }
}
