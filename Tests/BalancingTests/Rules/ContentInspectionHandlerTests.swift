// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

/// Sessions that end while content rules still wait for their first bytes.
@Suite(.timeLimit(.minutes(1)))
struct ContentInspectionHandlerTests {
    private static func waiting(_ clientTimeout: Int?, _ body: (Bench, Wire) async throws -> Void) async throws {
        let spoke = Condition([[.init([.init(.requestLength, .numbers([1...Int.max]))])]])
        let settings = Bench.settings(servers: [Bench.pool()]) { frontend, _ in
            frontend.rules.content = [Rule(.reject, if: spoke)]
            frontend.rules.inspectDelay = 60_000
            frontend.clientTimeout = clientTimeout
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await eventually("a session") { bench.balancer.sessions().count == 1 }
            try await body(bench, client)
            try await client.expectEnd()
        }
    }

    @Test func aSilentClientIsToldSo() async throws {
        try await Self.waiting(100) { bench, client in
            try await client.expect("421 4.4.2 relay.example.net Error: timeout exceeded\r\n")
            await client.close()
            #expect(try await bench.journal.line(containing: "ft ft/").message.contains(" cR "))
        }
    }

    @Test func anOperatorsWordIsPassedOn() async throws {
        try await Self.waiting(nil) { bench, client in
            let session = try #require(bench.balancer.sessions().first)
            #expect(bench.balancer.shutDown(session: session.id))
            try await client.expect(
                "421 4.3.2 relay.example.net Service not available: session ended by the operator, try again later\r\n"
            )
        }
    }

    @Test func aStopSaysSo() async throws {
        try await Self.waiting(nil) { bench, client in
            async let stopped: Void = bench.balancer.shutDown(grace: 20_000)
            try await client.expect(
                "421 4.3.2 relay.example.net Service not available: shutting down, try again later\r\n"
            )
            await client.close()
            await stopped
        }
    }
}
