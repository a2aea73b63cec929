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
        var settings = settings(timeout: 50)
        settings.frontends[0].maximumConnections = 1
        try await Bench.run(settings) { bench in
            let silent = try await bench.client()
            let good = try await bench.client()
            try await good.send(ProxyHeaderHandlerTests.version1)
            try await good.expect("220 192.0.2.9\r\n")
            try await silent.expectEnd()
        }
    }
}
