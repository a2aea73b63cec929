// SPDX-License-Identifier: Apache-2.0

import Balancing
import Statistics
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BalancerOperationsTests {
    @Test func operatorsChangeServers() async throws {
        let servers = [Bench.server("a", 9), Bench.server("b", 9) { $0.weight = 10 }]
        try await Bench.run(Bench.settings(servers: servers)) { bench in
            let balancer = bench.balancer
            #expect(try balancer.weight(of: "b", in: "bk") == (10, 10))
            try balancer.set(weight: 50, relative: true, of: "b", in: "bk")
            #expect(try balancer.weight(of: "b", in: "bk") == (5, 10))
            try balancer.set(weight: 256, relative: false, of: "b", in: "bk")
            for weight in [257, -1, Int.max, Int.min] {
                #expect(throws: OperationError.valueOutOfRange) {
                    try balancer.set(weight: weight, relative: false, of: "b", in: "bk")
                }
            }
            #expect(throws: OperationError.valueOutOfRange) {
                try balancer.set(weight: -1, relative: true, of: "b", in: "bk")
            }
            try balancer.set(weight: Int.max, relative: true, of: "b", in: "bk")
            #expect(try balancer.weight(of: "b", in: "bk") == (256, 10))
            #expect(throws: OperationError.noSuchServer) { try balancer.set(server: "c", of: "bk", to: .ready) }
            #expect(throws: OperationError.noSuchBackend) { try balancer.set(server: "a", of: "x", to: .ready) }

            try balancer.set(server: "b", of: "bk", to: .maintenance)
            #expect(bench.row("b")?.status == "MAINT")
            #expect(balancer.serverStates().map(\.administrativeState) == [0, 1])
            #expect(balancer.serverStates().map(\.operationalState) == [2, 0])
            try balancer.set(server: "b", of: "bk", to: .ready)
            try balancer.set(server: "b", of: "bk", to: .drain)
            #expect(bench.row("b")?.status == "DRAIN")
            try balancer.set(server: "b", of: "bk", to: .ready)
            #expect(
                bench.journal.lines == [
                    "Server bk/b is going DOWN for maintenance. 1 active and 0 backup servers left. "
                        + "0 sessions active, 0 requeued, 0 remaining in queue.",
                    "Server bk/b is UP/READY (leaving forced maintenance).",
                    "Server bk/b enters drain state. 1 active and 0 backup servers online. "
                        + "0 sessions requeued, 0 total in queue.",
                    "Server bk/b is UP (leaving forced drain).",
                ]
            )
            #expect(bench.journal.records.map(\.severity) == [.alert, .notice, .notice, .notice])
        }
    }

    @Test func aDrainedServerKeepsItsSessions() async throws {
        let server = try await StubServer(banner: "220 t\r\n")
        try await Bench.run(Bench.settings(servers: [Bench.server("s", server.port)])) { bench in
            let client = try await bench.client()
            try await client.expect("220 t\r\n")
            try bench.balancer.set(server: "s", of: "bk", to: .drain)
            #expect(bench.journal.lines.last == "backend bk has no server available!")
            #expect(bench.journal.records.last?.severity == .emergency)
            try await bench.client().expectEnd()
            try await client.send("NOOP\r\n")
            try await (try await server.connection()).expect("NOOP\r\n")
            try bench.balancer.set(server: "s", of: "bk", to: .ready)
            try await bench.client().expect("220 t\r\n")
        }
        await server.close()
    }

    @Test func endsSessionsOfAPoolByRequest() async throws {
        try await Bench.run(Bench.settings(servers: [Bench.pool()])) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            #expect(bench.balancer.shutDown(session: try #require(bench.balancer.sessions().first?.id)))
            try await client.expect("220 127.0.0.1\r\n421 4.3.2 killed\r\n")
            let line = try await bench.journal.line(containing: "ft bk/here")
            #expect(line.message.contains(" K- "))

            let other = try await bench.client()
            try await other.expect("220 127.0.0.1\r\n")
            try bench.balancer.shutDownSessions(of: "here", in: "bk")
            try await other.expect("220 127.0.0.1\r\n421 4.3.2 killed\r\n")
            #expect(throws: OperationError.noSuchServer) { try bench.balancer.shutDownSessions(of: "x", in: "bk") }
            #expect(throws: OperationError.noSuchBackend) { try bench.balancer.shutDownSessions(of: "x", in: "y") }
        }
    }

    @Test func countsProxiesAsTheFileDoes() async throws {
        var settings = Bench.settings(servers: [Bench.pool("a"), Bench.pool("b")])
        settings.order = ["bk", "ft"]
        try await Bench.run(settings) { bench in
            let rows = bench.balancer.rows()
            #expect(rows.map { "\($0.proxy)/\($0.service)" } == ["bk/a", "bk/b", "bk/BACKEND", "ft/FRONTEND"])
            #expect(rows.map(\.proxyID) == [2, 2, 2, 3])
            #expect(rows.map(\.serviceID) == [1, 2, 0, 0])
            #expect(rows[2].active == 2)
            #expect(rows[2].weight == 2)
            #expect(rows[0].address == "pool@inbound")
            #expect(rows[0].lastSession == -1)
            #expect(rows[3].status == "OPEN")
            #expect(rows[3].sessionLimit == 20_000)
        }
    }
}
