// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BalancerTests {
    @Test(arguments: [1, 2])
    func handsTheChannelToThePool(threads: Int) async throws {
        try await Bench.run(Bench.settings(servers: [Bench.pool()]), threads: threads) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            let header = try #require(bench.pool.headers.withLock { $0.first })
            #expect(header.command == .proxy)
            #expect(header.source == client.channel.localAddress)
            #expect(header.destination == client.channel.remoteAddress)
            let session = try #require(bench.balancer.sessions().first)
            #expect(header.values == [.init(type: 5, value: [0, 0, 0, 0, 0, 0, 0, UInt8(session.id)])])
            #expect(session.server == "here")
            try await client.send("MAIL\r\n")
            try await client.expect("220 127.0.0.1\r\n250 ok\r\n")
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/here")
            // The times are the machine's own.
            #expect(line.message.contains(" [24/Nov/2026:08:35:59.168] ft bk/here "))
            #expect(line.message.contains(#/here [0-9]+/[0-9]+/[0-9]+ 32 -- 1/1/0/0/0 0/0$/#))
            #expect(line.session == session.id)
            try await bench.settle()
            for (proxy, service) in [("ft", "FRONTEND"), ("bk", "here"), ("bk", "BACKEND")] {
                let row = try #require(bench.row(service, of: proxy))
                #expect(row.statistics.sessions.total == 1)
                #expect(row.statistics.sessions.current == 0)
                #expect(row.statistics.bytesIn.value == 12)
                #expect(row.statistics.bytesOut.value == 32)
                #expect(row.statistics.replies[1].value == 3)
                #expect(row.statistics.transactions.value == 1)
            }
            #expect(bench.row("here")?.status == "no check")
        }
    }
}

extension BalancerTests {
    @Test func asksASilentClientToLeave() async throws {
        let settings = Bench.settings(servers: [Bench.pool()]) { frontend, _ in frontend.clientTimeout = 50 }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n421 4.3.2 timedOut\r\n")
            let line = try await bench.journal.line(containing: "ft bk/here")
            #expect(line.message.contains(" cD "))
        }
    }

    @Test func stopsGracefully() async throws {
        let server = try await StubServer(banner: "220 t\r\n")
        let settings = Bench.settings(servers: [Bench.pool(), Bench.server("s", server.port)]) { $1.speaksSMTP = false }
        let bench = try await Bench(settings)
        let pooled = try await bench.client()
        try await pooled.expect("220 127.0.0.1\r\n")
        let forwarded = try await bench.client()
        try await forwarded.expect("220 t\r\n")
        let address = try #require(bench.balancer.addresses(of: "ft").first)
        async let stopped: Void = bench.balancer.shutDown(grace: 10_000)
        try await pooled.expect("220 127.0.0.1\r\n421 4.3.2 shutdown\r\n")
        await #expect(throws: (any Error).self) { _ = try await Wire.connect(to: address) }
        // What nobody has called SMTP is not cut before the grace period is over.
        let wire = try await server.connection()
        try await forwarded.send("MAIL\r\n")
        try await wire.expect("MAIL\r\n")
        try await wire.send("250 ok\r\n")
        try await forwarded.expect("220 t\r\n250 ok\r\n")
        await forwarded.close()
        await wire.close()
        await stopped
        #expect(bench.balancer.sessions().isEmpty)
        await bench.stop()
        await server.close()
    }

    @Test func cutsWhatOutlivesTheGrace() async throws {
        let server = try await StubServer(banner: "220 t\r\n")
        let bench = try await Bench(Bench.settings(servers: [Bench.server("s", server.port)]))
        let client = try await bench.client()
        try await client.expect("220 t\r\n")
        await bench.balancer.shutDown(grace: 30)
        try await client.expectEnd()
        try await bench.settle()
        await bench.stop()
        await server.close()
    }

    @Test func reloadsKeepWhatStays() async throws {
        let settings = Bench.settings(servers: [Bench.pool(), Bench.server("old", 9)])
        try await Bench.run(settings) { bench in
            let address = try #require(bench.balancer.addresses(of: "ft").first)
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            try bench.balancer.set(server: "old", of: "bk", to: .maintenance)
            try bench.balancer.set(weight: 7, relative: false, of: "here", in: "bk")

            var new = settings
            new.backends[0].servers.append(Bench.server("new", 9) { $0.disabled = true })
            new.frontends.append(FrontendSettings(name: "second"))
            new.frontends[1].binds = [BindSettings(address: .ip(host: "::1", port: 0))]
            new.frontends[1].defaultBackend = "bk"
            try await bench.balancer.reload(new)
            #expect(bench.balancer.addresses(of: "ft") == [address])
            #expect(bench.row("old")?.status == "MAINT")
            #expect(bench.row("new")?.status == "MAINT")
            #expect(try bench.balancer.weight(of: "here", in: "bk").current == 7)
            #expect(bench.row("here")?.statistics.sessions.current == 1)
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.sessions.total == 1)
            try await bench.client("second").expect("220 ::1\r\n")
            try await client.send("NOOP\r\n")
            try await client.expect("220 127.0.0.1\r\n250 NOOP\r\n")

            new.frontends.removeFirst()
            try await bench.balancer.reload(new)
            // The frontend is gone: its listener is closed and its sessions are asked to end.
            try await client.expect("220 127.0.0.1\r\n250 NOOP\r\n421 4.3.2 shutdown\r\n")
            await #expect(throws: (any Error).self) { _ = try await Wire.connect(to: address) }
            #expect(bench.row("here")?.statistics.sessions.total == 2)
        }
    }

    @Test func aFailedReloadSaysWhy() async throws {
        let other = try await StubServer()
        let settings = Bench.settings(servers: [Bench.pool()])
        try await Bench.run(settings) { bench in
            var new = settings
            new.frontends[0].binds.append(BindSettings(address: .ip(host: "127.0.0.1", port: other.port)))
            await #expect(throws: ListenError.self) { try await bench.balancer.reload(new) }
            try await bench.client().expect("220 127.0.0.1\r\n")
        }
        await other.close()
    }

    @Test func aFailedReloadEndsTheSessionsOfWhatItDropped() async throws {
        let other = try await StubServer()
        let settings = Bench.settings(servers: [Bench.pool()])
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            var new = settings
            new.frontends[0].name = "new"
            new.frontends[0].binds[0].address = .ip(host: "127.0.0.1", port: other.port)
            await #expect(throws: ListenError.self) { try await bench.balancer.reload(new) }
            try await client.expect("220 127.0.0.1\r\n421 4.3.2 shutdown\r\n")
        }
        await other.close()
    }

    @Test func shortLinesWithoutTcplog() async throws {
        let settings = Bench.settings(servers: [Bench.pool()]) { frontend, _ in frontend.tcpLog = false }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect("220 127.0.0.1\r\n")
            let (from, to) = (client.channel.localAddress?.port ?? 0, client.channel.remoteAddress?.port ?? 0)
            await client.close()
            try await bench.settle()
            #expect(bench.journal.lines == ["Connect from 127.0.0.1:\(from) to 127.0.0.1:\(to) (ft/TCP)"])
        }
    }

    @Test func nullSessionsNeedNotBeLogged() async throws {
        let settings = Bench.settings(servers: [Bench.pool()]) { frontend, _ in frontend.omitsNullSessions = true }
        try await Bench.run(settings) { bench in
            let silent = try await bench.client()
            try await silent.expect("220 127.0.0.1\r\n")
            await silent.close()
            try await bench.settle()
            let client = try await bench.client()
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            try await bench.settle()
            #expect(bench.journal.lines.count == 1)
        }
    }
}
