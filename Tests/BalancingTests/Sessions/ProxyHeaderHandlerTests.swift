// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProxyHeaderHandlerTests {
    static let version1 = Array("PROXY TCP4 192.0.2.9 198.51.100.1 4444 25\r\n".utf8)
    static let version2: [UInt8] =
        [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 9, 198, 51, 100, 1, 0x11, 0x5C, 0, 25]

    private func settings(
        timeout: Int = 60_000,
        from ranges: [String]? = nil,
        name: String? = "l2"
    ) -> BalancerSettings {
        Bench.settings(servers: [Bench.pool()]) { frontend, _ in
            frontend.binds[0].acceptProxy = true
            frontend.binds[0].headerTimeout = timeout
            frontend.binds[0].name = name
            frontend.binds[0].proxyFrom = ranges?.compactMap { AddressRange($0) }
        }
    }

    @Test(arguments: [version1, version2], [true, false])
    func theClientIsWhoTheHeaderSays(header: [UInt8], inPieces: Bool) async throws {
        try await Bench.run(settings()) { bench in
            let client = try await bench.client()
            if inPieces { try await client.trickle(header) } else { try await client.send(header) }
            try await client.expect("220 192.0.2.9\r\n")
            try await client.send("QUIT\r\n")
            try await client.expectEnd()
            let line = try await bench.journal.line(containing: "ft bk/here")
            #expect(line.message.hasPrefix("192.0.2.9:4444 ["))
            try await bench.settle()
            // The header is not the client's.
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.bytesIn.value == 6)
        }
    }

    @Test func whatComesBehindTheHeaderIsTheClients() async throws {
        try await Bench.run(settings()) { bench in
            let client = try await bench.client()
            try await client.send(ProxyHeaderHandlerTests.version1 + Array("MAIL\r\nQUIT\r\n".utf8))
            try await client.expect("220 192.0.2.9\r\n250 ok\r\n221 bye\r\n")
        }
    }

    @Test(arguments: [
        Array("PROXY UNKNOWN\r\n".utf8),
        [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x20, 0, 0, 0],
    ])
    func nobodyStaysNobody(header: [UInt8]) async throws {
        try await Bench.run(settings()) { bench in
            let client = try await bench.client()
            try await client.send(header)
            try await client.expect("220 -\r\n")
            let passed = try #require(bench.pool.headers.withLock { $0.first })
            #expect(passed.source == nil)
        }
    }

    @Test(arguments: [
        ("EHLO client.example\r\n", "Received something which does not look like a PROXY protocol header (got \"EHLO"),
        ("proxy tcp4", "Received something which does not look like a PROXY protocol header (got \"proxy"),
        ("PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n", "Received an unhandled protocol in the PROXY protocol header (protocol"),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n", "Received an invalid PROXY protocol header (port \"01\""),
    ])
    func aWrongHeaderIsNamed(text: String, expected: String) async throws {
        try await Bench.run(settings()) { bench in
            let client = try await bench.client()
            try await client.send(text)
            try await client.expectEnd()
            #expect(
                client.text == "421 4.3.0 relay.example.net Service not available: PROXY protocol header expected\r\n"
            )
            let peer = try #require(client.channel.localAddress?.port)
            let line = try await bench.journal.line(containing: expected)
            #expect(line.message.hasPrefix("127.0.0.1:\(peer) [24/Nov/2026:08:35:59.168] ft/l2: \(expected)"))
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.requestErrors.value == 1)
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.sessions.total == 0)
            #expect(bench.pool.headers.withLock { $0.isEmpty })
        }
    }

    @Test func aTruncatedHeader() async throws {
        try await Bench.run(settings(name: nil)) { bench in
            let client = try await bench.client()
            try await client.send("PROXY TCP4 192.0.2.9")
            try await client.halfClose()
            let line = try await bench.journal.line(containing: "PROXY")
            #expect(line.message.hasSuffix("ft/1: Truncated PROXY protocol header received"))
            let other = try await bench.client()
            await other.close()
            _ = try await bench.journal.line(containing: "Connection closed while waiting for PROXY protocol header")
        }
    }

    @Test func silenceHasADeadline() async throws {
        try await Bench.run(settings(timeout: 50)) { bench in
            let client = try await bench.client()
            try await client.send("PROXY TCP4 ")
            try await client.expectEnd()
            _ = try await bench.journal.line(containing: "ft/l2: Timeout while waiting for PROXY protocol header")
        }
    }

    @Test func onlyTrustedPeersMaySend() async throws {
        try await Bench.run(settings(from: ["192.0.2.0/24", "[::1]"])) { bench in
            let client = try await bench.client()
            try await client.expectEnd()
            #expect(client.text.hasPrefix("421 4.3.0 relay.example.net "))
            let line = try await bench.journal.line(containing: "proxy-from")
            #expect(line.message.contains("127.0.0.1:"))
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.deniedConnections.value == 1)
            #expect(bench.row("FRONTEND", of: "ft")?.statistics.requestErrors.value == 0)
        }
        try await Bench.run(settings(from: ["127.0.0.0/8"])) { bench in
            let client = try await bench.client()
            try await client.send(ProxyHeaderHandlerTests.version2)
            try await client.expect("220 192.0.2.9\r\n")
        }
    }

    @Test func noHeaderKeepsThePlace() async throws {
        // Connections without a header count against the frontend's limit only until their deadline.
        // why not shorter: on a busy machine even a header that is there already is read late.
        var settings = settings(timeout: 2_000)
        settings.frontends[0].maximumConnections = 1
        try await Bench.run(settings) { bench in
            let silent = try await bench.client()
            let good = try await bench.client()
            try await good.send(ProxyHeaderHandlerTests.version1)
            try await good.expect("220 192.0.2.9\r\n")
            try await silent.expectEnd()
        }
    }

    /// A header that fits the limit fits it inside as well, whatever is added to it there.
    @Test func aLongHeaderReachesThePool() async throws {
        var header = ProxyHeaderHandlerTests.version2
        let room = ProxyHeaderDecoder.version2Limit - header.count - 3
        header += [0x02, UInt8(room >> 8), UInt8(room & 0xFF)] + Array(repeating: UInt8(ascii: "a"), count: room)
        (header[14], header[15]) = (UInt8((header.count - 16) >> 8), UInt8((header.count - 16) & 0xFF))
        try await Bench.run(settings()) { bench in
            let client = try await bench.client()
            try await client.send(header)
            try await client.expect("220 192.0.2.9\r\n")
            let session = try #require(bench.balancer.sessions().first)
            let passed = try #require(bench.pool.headers.withLock { $0.first })
            #expect(passed.value(ProxyHeader.uniqueIDType)?.last == UInt8(session.id))
        }
    }
}

/// Connections that are still without a header when the process stops, or their frontend goes.
extension ProxyHeaderHandlerTests {
    /// A client that has sent the beginning of a header, and is accepted: the next one has been served on the same loop.
    private func halfway(_ settings: BalancerSettings, _ body: (Bench, Wire) async throws -> Void) async throws {
        try await Bench.run(settings, threads: 1) { bench in
            let client = try await bench.client()
            try await client.send("PROXY TCP4")
            let next = try await bench.client()
            try await next.send(ProxyHeaderHandlerTests.version1 + Array("QUIT\r\n".utf8))
            try await next.expect("220 192.0.2.9\r\n221 bye\r\n")
            await next.close()
            try await bench.settle()
            try await body(bench, client)
        }
    }

    @Test func aStopWaitsForTheHeader() async throws {
        try await halfway(settings()) { bench, client in
            async let stopped: Void = bench.balancer.shutDown(grace: 20_000)
            try await eventually("stopping") { bench.balancer.addresses(of: "ft").isEmpty }
            try await client.send(" 192.0.2.9 198.51.100.1 4444 25\r\n")
            try await client.expect("220 192.0.2.9\r\n421 4.3.2 shutdown\r\n")
            await client.close()
            await stopped
            #expect(bench.pool.requests.withLock { $0 } == [.shutdown])
        }
    }

    @Test func aStopEndsWithTheWaitForTheHeader() async throws {
        try await halfway(settings(timeout: 1_000)) { bench, client in
            let began = ContinuousClock.now
            await bench.balancer.shutDown(grace: 20_000)
            #expect((.milliseconds(300)...(.seconds(10))).contains(ContinuousClock.now - began))
            try await client.expect(
                "421 4.3.0 relay.example.net Service not available: PROXY protocol header expected\r\n"
            )
        }
    }

    @Test func afterTheGracePeriodNobodyWaits() async throws {
        try await halfway(settings()) { bench, client in
            await bench.balancer.shutDown(grace: 100)
            try await client.expect(
                "421 4.3.2 relay.example.net Service not available: shutting down, try again later\r\n"
            )
            try await client.expectEnd()
            #expect(bench.journal.lines.contains { $0.contains("the process stops") })
        }
    }

    @Test func aFrontendThatIsGoneEndsWhomItStillGets() async throws {
        let settings = settings()
        try await halfway(settings) { bench, client in
            var without = settings
            without.frontends[0].name = "other"
            without.frontends[0].binds[0].address = .ip(host: "::1", port: 0)
            try await bench.balancer.reload(without)
            try await client.send(" 192.0.2.9 198.51.100.1 4444 25\r\n")
            try await client.expect("220 192.0.2.9\r\n421 4.3.2 shutdown\r\n")
        }
    }
}
