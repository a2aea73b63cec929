// SPDX-License-Identifier: Apache-2.0

import Balancing
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

    /// A server that has said everything and gone leaves bytes with us that its client is slow to take.
    @Test func aSlowClientGetsTheLastBytesToo() async throws {
        let server = try await StubServer()
        try await Bench.run(Bench.settings(servers: [Bench.server("s", server.port)])) { bench in
            let client = try await bench.client(reads: false)
            let wire = try await server.connection()
            try await client.halfClose()
            try await wire.expectEnd()
            let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            var sent = 0
            // As much as goes: until nothing more is taken off the server's hands.
            func isTaken() async throws -> Bool {
                for _ in 0..<60 {
                    if bench.row("s")?.statistics.bytesOut.value == sent { return true }
                    try await Task.sleep(for: .milliseconds(5))
                }
                return false
            }
            repeat {
                try await wire.send(chunk)
                sent += chunk.count
            } while try await isTaken()
            await wire.close()
            try await Task.sleep(for: .milliseconds(2_500))
            try await client.channel.setOption(.autoRead, value: true).get()
            try await client.expectEnd()
            #expect(client.received.count == sent)
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

    @Test(arguments: [true, false])
    func whoSaysNothingOfItsClientSaysSo(local: Bool) async throws {
        // What came without an identity goes on without one.
        let server = try await StubServer()
        let settings = Bench.settings(servers: [Bench.server("s", server.port) { $0.sendProxy = .v2 }]) { frontend, _ in
            frontend.binds[0].acceptProxy = true
        }
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            var header = ByteBuffer()
            ProxyHeaderEncoder(version: .v2).encode(ProxyHeader(command: local ? .local : .proxy), into: &header)
            try await client.send(Array(buffer: header) + Array("EHLO x\r\n".utf8))
            let wire = try await server.connection()
            try await eventually("header and bytes") { wire.received.count >= 24 }
            // HAProxy and Postfix refuse UNSPEC: LOCAL says the same and is understood.
            let sent = Array(ProxyHeaderHandlerTests.version2.prefix(12)) + [0x20, 0, 0, 0]
            #expect(wire.received == sent + Array("EHLO x\r\n".utf8))
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
}
