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

    /// Sessions fail on several event loops at once: none of them is forgotten while another one begins the count anew.
    @Test func countsOnAllThreads() async {
        let (threads, each, limit) = (4, 20_000, 2)
        for _ in 0..<20 {
            let errors = ConnectErrors()
            let reached = await withTaskGroup(of: Int.self) { group in
                for _ in 0..<threads {
                    group.addTask { (0..<each).reduce(0) { sum, _ in sum + (errors.failed(limit: limit) ? 1 : 0) } }
                }
                return await group.reduce(0, +)
            }
            #expect(reached == threads * each / limit)
        }
    }
}
