// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

/// Sessions with somebody else's server that are asked to end.
@Suite(.timeLimit(.minutes(1)))
struct RouteHandlerEndingTests {
    private static let operatorsWord =
        "421 4.3.2 relay.example.net Service not available: session ended by the operator, try again later\r\n"
    private static let stopWord =
        "421 4.3.2 relay.example.net Service not available: shutting down, try again later\r\n"

    /// A session of SMTP whose client has read these replies to what it said.
    private static func inDialogue(
        _ exchanges: [(String, String)],
        speaksSMTP: Bool = true,
        shutdownTimeout: Int = 60_000,
        clientTimeout: Int? = nil,
        _ body: (Bench, _ client: Wire, _ server: Wire, _ heard: String) async throws -> Void
    ) async throws {
        let server = try await StubServer(banner: "220 hi\r\n")
        let settings = Bench.settings(servers: [Bench.server("s", server.port)]) { frontend, backend in
            frontend.clientTimeout = clientTimeout
            backend.speaksSMTP = speaksSMTP
            backend.shutdownTimeout = shutdownTimeout
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            let wire = try await server.connection()
            var (said, heard) = ("", "220 hi\r\n")
            try await client.expect(heard)
            for (command, reply) in exchanges {
                said += command
                try await client.send(command)
                try await wire.expect(said)
                heard += reply
                try await wire.send(reply)
                try await client.expect(heard)
            }
            try await body(bench, client, wire, heard)
            await client.close()
            await wire.close()
        }
        await server.close()
    }

    private static let inContent = [("DATA\r\n", "354 go\r\n")]

    @Test func aSessionThatWaitsForNothingEndsAtOnce() async throws {
        try await Self.inDialogue([("EHLO c\r\n", "250 s\r\n")]) { bench, client, _, heard in
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.expect(heard + Self.operatorsWord)
            try await client.expectEnd()
            await client.close()
            #expect(try await bench.journal.line(containing: "ft bk/s").message.contains(" K- "))
        }
    }

    @Test func aMessageIsTakenToItsEnd() async throws {
        try await Self.inDialogue(Self.inContent) { bench, client, server, heard in
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.send("text\r\n.\r\n")
            try await server.expect("DATA\r\ntext\r\n.\r\n")
            #expect(client.text == heard)
            try await server.send("250 queued\r\n")
            try await client.expect(heard + "250 queued\r\n" + Self.operatorsWord)
            try await client.expectEnd()
            try await server.expectEnd()
        }
    }

    @Test func whoIsAskedAgainDoesNotWait() async throws {
        try await Self.inDialogue(Self.inContent) { bench, client, _, heard in
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.expect(heard + Self.operatorsWord)
            try await client.expectEnd()
        }
    }

    @Test func theWaitIsBounded() async throws {
        try await Self.inDialogue(Self.inContent, shutdownTimeout: 50) { bench, client, _, heard in
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.expect(heard + Self.operatorsWord)
            try await client.expectEnd()
        }
    }

    @Test func aStopWaitsForTheMessage() async throws {
        try await Self.inDialogue(Self.inContent) { bench, client, server, heard in
            async let stopped: Void = bench.balancer.shutDown(grace: 20_000)
            try await client.send("text\r\n.\r\n")
            try await server.expect("DATA\r\ntext\r\n.\r\n")
            try await server.send("250 queued\r\n")
            try await client.expect(heard + "250 queued\r\n" + Self.stopWord)
            try await client.expectEnd()
            await client.close()
            await stopped
            #expect(try await bench.journal.line(containing: "ft bk/s").message.contains(" -- "))
        }
    }

    @Test func afterTheGracePeriodItIsCut() async throws {
        try await Self.inDialogue(Self.inContent) { bench, client, _, heard in
            await bench.balancer.shutDown(grace: 50)
            try await client.expect(heard + Self.operatorsWord)
            #expect(bench.balancer.sessions().isEmpty)
        }
    }

    /// What is encrypted, and what nobody has called SMTP, ends as it always did: by an operator at once, by a stop after the
    /// grace period.
    @Test(arguments: [true, false])
    func whatCannotBeReadIsCut(isTLS: Bool) async throws {
        let exchanges = isTLS ? [("STARTTLS\r\n", "220 go\r\n")] : [("EHLO c\r\n", "250 s\r\n")]
        try await Self.inDialogue(exchanges, speaksSMTP: isTLS) { bench, client, server, heard in
            try await client.send("\u{16}\u{3}\u{1}")
            try await server.send("\u{16}\u{3}\u{3}")
            try await client.expect(heard + "\u{16}\u{3}\u{3}")
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.expectEnd()
            #expect(client.text == heard + "\u{16}\u{3}\u{3}")
        }
        try await Self.inDialogue(exchanges, speaksSMTP: isTLS) { bench, client, server, heard in
            let began = ContinuousClock.now
            await bench.balancer.shutDown(grace: 200)
            #expect(ContinuousClock.now - began >= .milliseconds(200))
            try await client.expectEnd()
        }
    }

    /// Behind the 220 to STARTTLS the next bytes belong to the handshake, and nothing of ours may take their place.
    @Test(arguments: [false, true])
    func noWordsInAHandshake(endedByOperator: Bool) async throws {
        try await Self.inDialogue([("STARTTLS\r\n", "220 go\r\n")]) { bench, client, server, heard in
            if endedByOperator {
                try bench.balancer.shutDownSessions(of: "s", in: "bk")
            } else {
                await server.close()
            }
            try await client.expectEnd()
            #expect(client.text == heard)
        }
    }

    /// A client that falls silent after its session was asked to end is told so, as any other.
    @Test func whoIsAskedToEndAndFallsSilentIsToldSo() async throws {
        try await Self.inDialogue(Self.inContent, clientTimeout: 300) { bench, client, _, heard in
            try bench.balancer.shutDownSessions(of: "s", in: "bk")
            try await client.expect(heard + "421 4.4.2 relay.example.net Error: timeout exceeded\r\n")
            try await client.expectEnd()
        }
    }

    /// What nobody has called SMTP has until the grace period is over, wherever it is on its way to a server.
    @Test func aStopLeavesThoseAloneWhoWaitForAServer() async throws {
        let server = try await StubServer(banner: "hi")
        let settings = Bench.settings(servers: [Bench.server("s", server.port) { $0.maximumConnections = 1 }]) {
            $1.speaksSMTP = false
        }
        try await Bench.run(settings) { bench in
            let first = try await bench.client()
            try await first.expect("hi")
            let second = try await bench.client()
            try await eventually("waiting") { bench.row("BACKEND")?.statistics.queue.current == 1 }
            async let stopped: Void = bench.balancer.shutDown(grace: 20_000)
            try await eventually("stopping") { bench.balancer.addresses(of: "ft").isEmpty }
            await first.close()
            try await server.connection().close()
            try await second.expect("hi")
            await second.close()
            try await server.connection(1).close()
            await stopped
        }
        await server.close()
    }
}
