// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

/// Servers that do not greet are passed over, and the client hears nothing of them.
@Suite(.timeLimit(.minutes(1)))
struct RouteHandlerGreetingTests {
    private static func settings(_ ports: [Int], _ change: (inout BackendSettings) -> Void = { _ in })
        -> BalancerSettings
    {
        let servers = ports.enumerated().map { index, port in Bench.server("s\(index)", port) }
        return Bench.settings(servers: servers) { _, backend in
            backend.speaksSMTP = true
            backend.algorithm = .first
            backend.greetingTimeout = 5_000
            change(&backend)
        }
    }

    @Test(arguments: ["421 4.3.2 busy\r\n", "554 no\r\n", "SSH-2.0\r\n"])
    func theNextOneServes(greeting: String) async throws {
        let bad = try await StubServer(banner: greeting)
        let good = try await StubServer(banner: "220 good\r\n")
        try await Bench.run(RouteHandlerGreetingTests.settings([bad.port, good.port])) { bench in
            let client = try await bench.client()
            try await client.expect("220 good\r\n")
            try await client.send("QUIT\r\n")
            let wire = try await good.connection()
            try await wire.expect("QUIT\r\n")
            try await wire.send("221 bye\r\n")
            await wire.close()
            try await client.expectEnd()
            #expect(client.text == "220 good\r\n221 bye\r\n")
            await client.close()
            let line = try await bench.journal.line(containing: "ft bk/s1")
            #expect(line.message.hasSuffix(" -- 1/1/0/0/+1 0/0"), "\(line.message)")
            #expect(bench.row("s0")?.statistics.redispatches.value == 1)
            #expect(bench.row("s0")?.statistics.responseErrors.value == 1)
            #expect(bench.row("s0")?.note?.contains("greets with") == true)
            #expect(bench.row("s0")?.statistics.sessions.current == 0)
        }
        await bad.close()
        await good.close()
    }

    @Test func whoIsSilentOrClosesIsPassedOver() async throws {
        let silent = try await StubServer()
        let closing = try await StubServer()
        let good = try await StubServer(banner: "220-teaser\r\n")
        let settings = RouteHandlerGreetingTests.settings([silent.port, closing.port, good.port]) {
            $0.greetingTimeout = 1_000
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            // Early talk stays in the kernel until there is a server for it.
            try await client.send("EHLO early\r\n")
            let second = try await closing.connection()
            await second.close()
            let third = try await good.connection()
            try await client.expect("220-teaser\r\n")
            try await third.send("220 good\r\n")
            try await client.expect("220-teaser\r\n220 good\r\n")
            try await third.expect("EHLO early\r\n")
            #expect(try await silent.connection().received.isEmpty)
            await client.close()
            await third.close()
            let lines = bench.journal.lines
            #expect(lines.contains { $0.hasPrefix("Server bk/s0 says nothing; if it expects a PROXY header") })
            #expect(lines.contains { $0.hasPrefix("Server bk/s1 closes the connection instead of a greeting") })
        }
        for server in [silent, closing, good] { await server.close() }
    }

    @Test func whoeverIsLeftIsToldWhy() async throws {
        let one = try await StubServer(banner: "421 busy\r\n")
        let two = try await StubServer(banner: "554 no\r\n")
        try await Bench.run(RouteHandlerGreetingTests.settings([one.port, two.port])) { bench in
            for _ in 0..<2 {
                let client = try await bench.client()
                try await client.expect(
                    "421 4.3.2 relay.example.net Service not available: server greets with 554, try again later\r\n"
                )
                try await client.expectEnd()
                await client.close()
            }
            let line = try await bench.journal.line(containing: "ft bk/s1")
            #expect(line.message.contains(" SC "), "\(line.message)")
            try await bench.settle()
            // Told once, not with every session.
            #expect(bench.journal.lines.filter { $0.hasPrefix("Server bk/s0 greets with 421 busy;") }.count == 1)
        }
        await one.close()
        await two.close()
    }

    @Test(arguments: [true, false])
    func aServerThatIsLostLeavesAReply(reset: Bool) async throws {
        let server = try await StubServer(banner: "220 good\r\n")
        try await Bench.run(RouteHandlerGreetingTests.settings([server.port])) { bench in
            let client = try await bench.client()
            try await client.expect("220 good\r\n")
            try await client.send("MAIL FROM:<>\r\n")
            let wire = try await server.connection()
            try await wire.expect(containing: "MAIL")
            if reset { try await wire.reset() } else { await wire.close() }
            try await client.expect(
                "220 good\r\n421 4.3.0 relay.example.net Service not available: connection to the server lost, "
                    + "try again later\r\n"
            )
            try await client.expectEnd()
            await client.close()
            let line = try await bench.journal.line(containing: "ft bk/s0")
            #expect(line.message.contains(" SD "), "\(line.message)")
            #expect(bench.row("s0")?.statistics.serverAborts.value == 1)
        }
        await server.close()
    }

    @Test(arguments: ["421 4.3.2 mx ending\r\n", "250 half a lin"])
    func nothingIsAddedWhereNothingFits(last: String) async throws {
        let server = try await StubServer(banner: "220 good\r\n")
        try await Bench.run(RouteHandlerGreetingTests.settings([server.port])) { bench in
            let client = try await bench.client()
            try await client.expect("220 good\r\n")
            let wire = try await server.connection()
            try await wire.send(last)
            await wire.close()
            try await client.expectEnd()
            #expect(client.text == "220 good\r\n" + last)
            await client.close()
        }
        await server.close()
    }

    @Test func silenceEndsWithAReply() async throws {
        let server = try await StubServer(banner: "220 good\r\n")
        let settings = RouteHandlerGreetingTests.settings([server.port]) { $0.serverTimeout = 60 }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.expect(
                "220 good\r\n421 4.3.0 relay.example.net Service not available: server does not answer, try again later\r\n"
            )
            await client.close()
            let line = try await bench.journal.line(containing: "ft bk/s0")
            #expect(line.message.contains(" sD "), "\(line.message)")
        }
        await server.close()
    }

    @Test func aMismatchIsToldOnce() async throws {
        let server = try await StubServer(banner: "220 mx\r\n502 5.5.2 Error: command not recognized\r\n")
        var settings = RouteHandlerGreetingTests.settings([server.port])
        settings.backends[0].servers[0].sendProxy = .v1
        try await Bench.run(settings) { bench in
            for number in 0..<3 {
                let client = try await bench.client()
                try await client.expect(containing: "502")
                await client.close()
                await (try await server.connection(number)).close()
            }
            try await bench.settle()
            let advice = "Server bk/s0 does not expect the PROXY header; drop send-proxy here"
            #expect(bench.journal.lines.filter { $0.hasPrefix(advice) }.count == 1)
            #expect(bench.row("s0")?.note == "server does not expect the PROXY header")
        }
        await server.close()
    }
}
