// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct ConnectErrorsTests {
    /// `x` fails, `.` succeeds, `!` fails and reaches the limit.
    @Test(arguments: [
        (3, "xx!xx!"), (1, "!!"), (3, "xx.xx!"), (2, ".x.x.x!"), (10, "xxxxxxxxx!x"),
    ])
    func countsInARow(limit: Int, course: String) {
        let errors = ConnectErrors()
        var found = ""
        for step in course {
            if step == "." {
                errors.succeeded()
                found += "."
            } else {
                found += errors.failed(limit: limit) ? "!" : "x"
            }
        }
        #expect(found == course)
    }
}
