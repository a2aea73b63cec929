// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Commands that reset what has been counted.
enum StateCommands {
    static let all: [Command] = [
        Command("clear counters", "[all]", level: .operator, "forget high-water marks, or all counters") { call in
            let rows = call.operations.balancer.rows()
            guard call.first == "all" else {
                for row in rows { row.statistics.clearMaxima() }
                return .silent
            }
            guard call.level >= .admin else { return .failure("Permission denied\n") }
            for row in rows { row.statistics.clear() }
            return .silent
        }
    ]
}
