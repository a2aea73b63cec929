// SPDX-License-Identifier: Apache-2.0

import Balancing
import Statistics
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HealthCheckerTests {
    @Test func checksFollowTheServer() async throws {
        let dead = try DeadPort()
        let servers = [
            Bench.server("m1", dead.number) {
                $0.check = true
                // A check may take as long as the interval: enough for a machine that has other work.
                $0.checkInterval = 300
            },
            Bench.pool(),
        ]
        let settings = Bench.settings(servers: servers) { _, backend in backend.logsHealthChecks = true }
        try await Bench.run(settings) { bench in
            let down = try await bench.journal.line(containing: "Server bk/m1 is DOWN")
            #expect(
                down.message == "Server bk/m1 is DOWN. 1 active and 0 backup servers left. "
                    + "0 sessions active, 0 requeued, 0 remaining in queue."
            )
            #expect(down.severity == .alert)
            let check = try await bench.journal.line(containing: "Health check for server bk/m1 failed")
            #expect(
                check.message.hasPrefix(
                    "Health check for server bk/m1 failed, reason: Layer4 connection problem, "
                        + "info: \"Connection refused\", check duration: "
                )
            )
            #expect(check.message.hasSuffix("ms, status: 0/2 DOWN."))
            let row = try #require(bench.row("m1"))
            #expect(row.status == "DOWN")
            #expect(row.check?.status == "L4CON")
            #expect(row.check?.text == "Connection refused")
            #expect(row.statistics.failedChecks.value == 1)
            #expect(row.statistics.downTransitions.value == 1)
            #expect(bench.balancer.serverStates()[0].checkStatus == 8)
            // Everybody goes to the other one meanwhile.
            for _ in 0..<3 { try await bench.client().expect("220 127.0.0.1\r\n") }

            try dead.revive()
            let up = try await bench.journal.line(containing: "Server bk/m1 is UP")
            #expect(
                up.message == "Server bk/m1 is UP. 2 active and 0 backup servers online. "
                    + "0 sessions requeued, 0 total in queue."
            )
            #expect(bench.journal.lines.contains { $0.hasSuffix("ms, status: 1/2 DOWN.") })
            #expect(bench.journal.lines.contains { $0.hasSuffix("ms, status: 3/3 UP.") })
            #expect(bench.row("m1")?.status == "UP")
        }
    }
}
