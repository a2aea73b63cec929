// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RouteHandlerConnectTests {
    @Test(arguments: [true, false])
    func refusedEverywhere(smtp: Bool) async throws {
        let (one, two) = (try DeadPort(), try DeadPort())
        let settings = Bench.settings(servers: [Bench.server("r1", one.number), Bench.server("r2", two.number)]) {
            _,
            backend in
            backend.retries = 2
            backend.redispatches = true
            backend.connectTimeout = 500
            backend.speaksSMTP = smtp
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expectEnd()
            #expect(
                client.text
                    == (smtp
                        ? "421 4.3.2 relay.example.net Service not available: cannot connect to server, try again later\r\n"
                        : "")
            )
            await client.close()
            // f_refused b_ref/r1 1/-1/0 0 SC 1/1/0/0/+2 0/0
            let line = try await bench.journal.line(containing: "ft bk/r1")
            #expect(line.message.hasSuffix(" SC 1/1/0/0/+2 0/0"), "\(line.message)")
            #expect(line.message.contains("/-1/"))
            #expect(bench.row("r1")?.statistics.redispatches.value == 1)
            #expect(bench.row("r2")?.statistics.redispatches.value == 1)
            #expect(bench.row("r1")?.statistics.connectErrors.value == 1)
            #expect(bench.row("r1")?.statistics.connects.value == 2)
            #expect(bench.row("BACKEND")?.statistics.redispatches.value == 2)
        }
    }

    @Test func redispatchesToOneThatAnswers() async throws {
        let dead = try DeadPort()
        let server = try await StubServer(banner: "220 t\r\n")
        let servers = [Bench.server("dead", dead.number), Bench.server("s", server.port)]
        let settings = Bench.settings(servers: servers) { _, backend in
            backend.redispatches = true
            backend.algorithm = .leastconn
            backend.retries = 1
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 t\r\n")
            await client.close()
            await (try await server.connection()).close()
            let line = try await bench.journal.line(containing: "ft bk/s")
            #expect(line.message.hasSuffix(" -- 1/1/0/0/+1 0/0"), "\(line.message)")
        }
        await server.close()
    }

    @Test func triesTheSameServerAgain() async throws {
        let dead = try DeadPort()
        let settings = Bench.settings(servers: [Bench.server("s", dead.number)]) { _, backend in
            backend.retries = 2
            backend.connectTimeout = 20
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/s")
            #expect(line.message.hasSuffix(" SC 1/1/0/0/2 0/0"), "\(line.message)")
            #expect(bench.row("s")?.statistics.retries.value == 2)
            #expect(bench.row("s")?.statistics.connects.value == 3)
        }
    }

    @Test func aPoolTakesOverWhatAServerDoesNotTake() async throws {
        let dead = try DeadPort()
        let settings = Bench.settings(servers: [Bench.server("dead", dead.number), Bench.pool()]) { _, backend in
            backend.redispatches = true
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.send("NOOP\r\n")
            try await client.expect("220 127.0.0.1\r\n250 NOOP\r\n")
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/here")
            #expect(line.message.contains(" -- 1/1/0/0/+1 0/0"))
        }
    }

    @Test(arguments: [(50, 60_000, "sC"), (60_000, 50, "cC")])
    func nobodyAnswers(connectTimeout: Int, clientTimeout: Int, expected: String) async throws {
        // A port whose queue is full, so that nobody's connect succeeds or fails.
        let port = try DeadPort()
        try port.fill()
        let settings = Bench.settings(servers: [Bench.server("c", port.number)]) { frontend, backend in
            frontend.clientTimeout = clientTimeout
            backend.connectTimeout = connectTimeout
            backend.retries = 1
        }
        try await Bench.run(settings) { bench in
            try await bench.client().expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/c")
            // f_cto b_cto/c 1007/-1/1507 0 cC 1/1/0/0/2 0/0
            #expect(line.message.contains("/-1/"))
            #expect(line.message.hasSuffix(" 0 \(expected) 1/1/0/0/\(expected == "sC" ? 1 : 0) 0/0"), "\(line.message)")
        }
    }

    // MARK: No server, and waiting for one

    @Test(arguments: [true, false])
    func noServer(smtp: Bool) async throws {
        let settings = Bench.settings(servers: [Bench.server("d", 9) { $0.disabled = true }]) { _, backend in
            backend.speaksSMTP = smtp
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expectEnd()
            let reply = "421 4.3.2 relay.example.net Service not available: no server available, try again later\r\n"
            #expect(client.text == (smtp ? reply : ""))
            await client.close()
            // f_noserver b_none/<NOSRV> -1/-1/0 0 SC 1/1/0/0/0 0/0
            let line = try await bench.journal.line(containing: "ft bk/<NOSRV> -1/-1/")
            #expect(line.message.hasSuffix(" SC 1/1/0/0/0 0/0"))
            #expect(bench.row("BACKEND")?.status == "DOWN")
        }
    }

    @Test func queueTimesOut() async throws {
        let server = try await StubServer(banner: "220 t ESMTP\r\n")
        let settings = Bench.settings(servers: [Bench.server("q", server.port) { $0.maximumConnections = 1 }]) {
            _,
            backend in
            backend.queueTimeout = 60
            backend.speaksSMTP = true
        }
        try await Bench.run(settings) { bench in
            let first = try await bench.client()
            try await first.expect("220 t ESMTP\r\n")
            let second = try await bench.client()
            try await second.expectEnd()
            #expect(second.text.hasPrefix("421 4.3.2 relay.example.net Service not available: no server became free"))
            await second.close()
            // f_q b_q/<NOSRV> 602/-1/601 0 sQ 2/2/1/0/0 0/1
            let line = try await bench.journal.line(containing: "ft bk/<NOSRV> ")
            #expect(line.message.hasSuffix(" sQ 2/2/1/0/0 0/1"), "\(line.message)")
            #expect(bench.row("BACKEND")?.statistics.queue.maximum == 1)
            #expect(bench.row("BACKEND")?.statistics.queue.current == 0)
        }
        await server.close()
    }

    @Test func theNextInLineGetsTheFreeServer() async throws {
        let server = try await StubServer(banner: "220 t ESMTP\r\n")
        let settings = Bench.settings(servers: [Bench.server("q", server.port) { $0.maximumConnections = 1 }])
        try await Bench.run(settings) { bench in
            let first = try await bench.client()
            try await first.expect("220 t ESMTP\r\n")
            let second = try await bench.client()
            try await eventually("one in the queue") { bench.row("BACKEND")?.statistics.queue.current == 1 }
            #expect(server.count == 1)
            // One that gives up in between does not keep the place.
            let third = try await bench.client()
            try await eventually("two in the queue") { bench.row("BACKEND")?.statistics.queue.current == 2 }
            try await second.reset()
            try await eventually("one in the queue") { bench.row("BACKEND")?.statistics.queue.current == 1 }
            await first.close()
            await (try await server.connection(0)).close()
            try await third.expect("220 t ESMTP\r\n")
            #expect(bench.row("BACKEND")?.statistics.queue.current == 0)
            _ = try await bench.journal.line(containing: " CQ ")
        }
        await server.close()
    }

    @Test func aQueueForAPoolHandsOver() async throws {
        let settings = Bench.settings(servers: [
            {
                var pool = Bench.pool()
                pool.maximumConnections = 1
                return pool
            }()
        ])
        try await Bench.run(settings) { bench in
            let first = try await bench.client()
            try await first.expect("220 127.0.0.1\r\n")
            let second = try await bench.client()
            try await second.send("EARLY\r\n")
            try await eventually("one in the queue") { bench.row("BACKEND")?.statistics.queue.current == 1 }
            try await first.send("QUIT\r\n")
            try await second.expect("220 127.0.0.1\r\n250 EARLY\r\n")
        }
    }

    @Test func backupServersWaitForTheLastActiveOne() async throws {
        let (main, spare) = (try await StubServer(banner: "main"), try await StubServer(banner: "spare"))
        let servers = [Bench.server("main", main.port), Bench.server("spare", spare.port) { $0.backup = true }]
        try await Bench.run(Bench.settings(servers: servers)) { bench in
            for _ in 0..<3 { try await bench.client().expect("main") }
            try bench.balancer.set(server: "main", of: "bk", to: .maintenance)
            try await bench.client().expect("spare")
            try bench.balancer.set(server: "main", of: "bk", to: .ready)
            try await bench.client().expect("main")
        }
        await main.close()
        await spare.close()
    }
}
