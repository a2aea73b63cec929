// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionLimitTests {
    @Test(arguments: [
        // minconn, maxconn, load, fullconn
        (0, 0, 100, 10, 0),
        (0, 5, 1, 10, 5),
        (2, 10, 1, 20, 2),
        (2, 10, 4, 20, 2),
        (2, 10, 5, 20, 2),
        (2, 10, 6, 20, 3),
        (2, 10, 19, 20, 9),
        (2, 10, 20, 20, 10),
        (2, 10, 10_000, 20, 10),
        // The maximum is then the minimum.
        (5, 0, 1, 20, 5),
        (5, 3, 100, 20, 5),
        (5, 5, 1, 20, 5),
    ])
    func followsTheLoad(minimum: Int, maximum: Int, load: Int, full: Int, expected: Int) {
        #expect(ConnectionLimit(minimum: minimum, maximum: maximum).value(at: load, of: full) == expected)
    }

    /// Who waits longest has the first place that a newcomer's load opens.
    @Test func aRisingLoadServesWhoWaits() async throws {
        let server = try await StubServer(banner: "hi\r\n")
        let one = Bench.server("one", server.port) {
            $0.minimumConnections = 1
            $0.maximumConnections = 4
        }
        try await Bench.run(Bench.settings(servers: [one]) { $1.fullConnections = 8 }) { bench in
            var clients: [Wire] = []
            for number in 1...4 {
                clients.append(try await bench.client())
                try await eventually("session \(number)") {
                    bench.row("BACKEND")?.statistics.sessions.current == number
                }
                // why: the session counts before its server does.
                try await eventually("session \(number) is served or waits") {
                    let waiting = bench.row("BACKEND")?.statistics.queue.current ?? 0
                    return waiting + (bench.row("one")?.statistics.sessions.current ?? 0) == number
                }
            }
            try await clients[0].expect("hi\r\n")
            try await clients[1].expect("hi\r\n")
            #expect(bench.row("BACKEND")?.statistics.queue.current == 2)
            #expect(bench.row("one")?.sessionLimit == 4)
            #expect(clients[2].received.isEmpty && clients[3].received.isEmpty)
            for served in 0..<2 {
                await clients[served].close()
                try await server.connection(served).close()
            }
            try await clients[2].expect("hi\r\n")
            for client in clients { await client.close() }
            try await server.connection(2).close()
        }
        await server.close()
    }

    /// A tenth of what may come, as `show stat` tells.
    @Test(arguments: [(0, 200, 20), (0, 0, 2_000), (7, 200, 7), (0, 1, 1)])
    func aBackendIsFullWithATenthOfItsFrontends(configured: Int, frontend: Int, expected: Int) async throws {
        let settings = Bench.settings(servers: [Bench.pool()]) {
            $0.maximumConnections = frontend
            $1.fullConnections = configured
        }
        try await Bench.run(settings) { bench in
            #expect(bench.row("BACKEND")?.sessionLimit == expected)
        }
    }
}
