// SPDX-License-Identifier: Apache-2.0

import Balancing
import Glibc
import NIOCore
import ProxyProtocol
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RouteHandlerTests {
    @Test func forwardsBothWays() async throws {
        let server = try await StubServer(banner: "220 t ESMTP\r\n")
        try await Bench.run(Bench.settings(servers: [Bench.server("s", server.port)])) { bench in
            let client = try await bench.client()
            try await client.expect("220 t ESMTP\r\n")
            try await client.send("QUIT\r\n")
            let wire = try await server.connection()
            try await wire.expect("QUIT\r\n")
            try await wire.send("221 bye\r\n")
            await wire.close()
            try await client.expect("220 t ESMTP\r\n221 bye\r\n")
            try await client.expectEnd()
            await client.close()
            let line = try await bench.journal.line(containing: "ft bk/s")
            #expect(line.message.contains(" 22 -- 1/1/0/0/0 0/0"))
            #expect(bench.row("s")?.statistics.connects.value == 1)
            #expect(bench.row("s")?.statistics.bytesIn.value == 6)
        }
        await server.close()
    }

    @Test(arguments: [true, false])
    func bytesArriveAsTheyWere(upward: Bool) async throws {
        let server = try await StubServer(reads: false)
        try await Bench.run(Bench.settings(servers: [Bench.server("s", server.port)])) { bench in
            let client = try await bench.client(reads: false)
            let wire = try await server.connection()
            let (from, to) = upward ? (client, wire) : (wire, client)
            // A pattern that repeats at no power of two, longer than what the kernel takes off the sender's hands.
            let pattern = (0..<9_973).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let data = (0..<1_000).reduce(into: [UInt8]()) { data, _ in data += pattern }
            async let sent: Void = from.send(data)
            // Nobody reads for a while: what does not fit waits at the sender.
            try await Task.sleep(for: .milliseconds(50))
            #expect(to.received.isEmpty)
            try await to.channel.setOption(.autoRead, value: true).get()
            try await sent
            try await from.halfClose()
            try await to.expectEnd()
            #expect(to.received == data)
            // The other direction still works.
            try await to.send("late\r\n")
            try await from.channel.setOption(.autoRead, value: true).get()
            try await from.expect("late\r\n")
            try await to.halfClose()
            try await from.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/s")
            #expect(line.message.contains(" -- "))
        }
        await server.close()
    }

    @Test(arguments: [ProxyHeaderVersion.v1, .v2])
    func headerComesBeforeAnyByteOfTheClient(version: ProxyHeaderVersion) async throws {
        let server = try await StubServer()
        let target = Bench.server("s", server.port) { $0.sendProxy = version }
        try await Bench.run(Bench.settings(servers: [target])) { bench in
            let client = try await bench.client()
            let wire = try await server.connection()
            // The client has not said a word.
            let length = version == .v1 ? 40 : 28
            try await eventually("a header") { wire.received.count >= length }
            var decoder = ProxyHeaderDecoder()
            var buffer = ByteBuffer(bytes: wire.received)
            guard case .header(let header) = decoder.decode(&buffer) else {
                Issue.record("no header in \(wire.text)")
                return
            }
            #expect(header.source == client.channel.localAddress)
            #expect(header.destination == client.channel.remoteAddress)
            try await client.send("EHLO x\r\n")
            try await eventually("the client's bytes") { wire.text.hasSuffix("EHLO x\r\n") }
        }
        await server.close()
    }

    @Test func aClientThatHasLeftAlreadyIsServed() async throws {
        let server = try await StubServer()
        try await Bench.run(Bench.settings(servers: [Bench.server("s", server.port)])) { bench in
            let client = try await bench.client()
            try await client.send("all I have")
            try await client.halfClose()
            let wire = try await server.connection()
            try await wire.expect("all I have")
            try await wire.expectEnd()
            try await wire.send("thanks")
            await wire.close()
            try await client.expect("thanks")
            try await client.expectEnd()
        }
        await server.close()
    }

    // MARK: How sessions end, against captures of HAProxy 2.6

    private func end(
        _ expected: String,
        clientTimeout: Int? = nil,
        serverTimeout: Int? = nil,
        _ finish: (Wire, Wire, Bench) async throws -> Void
    ) async throws {
        let server = try await StubServer(banner: "220 t ESMTP\r\n")
        let settings = Bench.settings(servers: [Bench.server("s", server.port)]) { frontend, backend in
            frontend.clientTimeout = clientTimeout
            backend.serverTimeout = serverTimeout
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 t ESMTP\r\n")
            let wire = try await server.connection()
            try await finish(client, wire, bench)
            let line = try await bench.journal.line(containing: "ft bk/s")
            #expect(line.message.contains(" 13 \(expected) 1/1/0/0/0 0/0"), "\(line.message)")
            try await client.expectEnd()
            try await wire.expectEnd()
            try await bench.settle()
        }
        await server.close()
    }

    @Test func clientTimesOut() async throws {
        try await end("cD", clientTimeout: 1_000, serverTimeout: 60_000) { _, _, _ in }
    }

    @Test func serverTimesOut() async throws {
        try await end("sD", clientTimeout: 60_000, serverTimeout: 1_000) { client, _, _ in
            try await client.send("SLEEP\r\n")
        }
    }

    @Test func clientResets() async throws {
        try await end("CD") { client, _, bench in
            try await client.reset()
            try await bench.settle()
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.clientAborts.value == 1)
        }
    }

    @Test func serverResets() async throws {
        try await end("SD") { _, wire, bench in
            try await wire.reset()
            try await bench.settle()
            #expect(bench.row("s")?.statistics.serverAborts.value == 1)
        }
    }

    @Test func clientClosesCleanly() async throws {
        try await end("--") { client, wire, _ in
            try await client.halfClose()
            try await wire.expectEnd()
            await wire.close()
        }
    }

    @Test func operatorKills() async throws {
        try await end("K-") { _, _, bench in
            let id = try #require(bench.balancer.sessions().first?.id)
            #expect(bench.balancer.shutDown(session: id))
            try await bench.settle()
            #expect(!bench.balancer.shutDown(session: id))
        }
    }

    // MARK: Connecting

    @Test(arguments: [true, false])
    func refusedEverywhere(smtp: Bool) async throws {
        let (one, two) = (try await freePort(), try await freePort())
        let settings = Bench.settings(servers: [Bench.server("r1", one), Bench.server("r2", two)]) { _, backend in
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
        let dead = try await freePort()
        let server = try await StubServer(banner: "220 t\r\n")
        let servers = [Bench.server("dead", dead), Bench.server("s", server.port)]
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
        let dead = try await freePort()
        let settings = Bench.settings(servers: [Bench.server("s", dead)]) { _, backend in
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
        let dead = try await freePort()
        let settings = Bench.settings(servers: [Bench.server("dead", dead), Bench.pool()]) { _, backend in
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
        let (descriptor, port) = try await silentPort()
        let settings = Bench.settings(servers: [Bench.server("c", port)]) { frontend, backend in
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
        close(descriptor)
    }

    /// A port whose queue is full, so that nobody's connect succeeds or fails.
    private func silentPort() async throws -> (descriptor: Int32, port: Int) {
        let port = try await freePort()
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try #require(withAddress { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 0) == 0)
        for _ in 0..<3 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = withAddress { connect(filler, $0, $1) }
        }
        return (descriptor, port)
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
