// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import ProxyProtocol
import Testing

/// What a server gets to read of a client, and of what a proxy in front said.
@Suite(.timeLimit(.minutes(1)))
struct ProxyOptionTests {
    private static let ssl: [UInt8] =
        [1, 0, 0, 0, 0, 0x21, 0, 7] + Array("TLSv1.3".utf8) + [0x22, 0, 2] + Array("me".utf8) + [0x23, 0, 1, 65]

    private static let incoming = ProxyHeader(
        command: .proxy,
        source: try? SocketAddress(ipAddress: "192.0.2.9", port: 4_444),
        destination: try? SocketAddress(ipAddress: "198.51.100.1", port: 25),
        values: [
            .init(type: 0x01, value: Array("smtp".utf8)), .init(type: 0x02, value: Array("mx.example.net".utf8)),
            .init(type: 0x04, value: [0, 0]), .init(type: 0x05, value: Array("upstream".utf8)),
            .init(type: 0x20, value: ssl), .init(type: 0x30, value: Array("ns".utf8)), .init(type: 0xE0, value: [1]),
        ]
    )

    private func encoded(_ header: ProxyHeader) -> [UInt8] {
        var buffer = ByteBuffer()
        ProxyHeaderEncoder(version: .v2, addsChecksum: true).encode(header, into: &buffer)
        return Array(buffer: buffer)
    }

    /// The header that a server gets where a proxy in front sent `bytes`.
    private func passed(
        _ options: [ProxyOption],
        version: ProxyHeaderVersion = .v2,
        sending bytes: [UInt8],
        format: UniqueIDFormat? = nil
    ) async throws -> [UInt8] {
        let server = try await StubServer()
        let settings = Bench.settings(
            servers: [
                Bench.server("s", server.port) {
                    $0.sendProxy = version
                    $0.proxyOptions = options
                }
            ]
        ) { frontend, _ in
            frontend.binds[0].acceptProxy = true
            frontend.uniqueIDFormat = format
        }
        var received: [UInt8] = []
        try await Bench.run(settings) { bench in
            let client = try await bench.client()
            try await client.send(bytes + Array("end".utf8))
            let wire = try await server.connection()
            try await eventually("the header") { wire.text.hasSuffix("end") }
            received = Array(wire.received.dropLast(3))
        }
        await server.close()
        return received
    }

    private func decoded(_ bytes: [UInt8]) throws -> ProxyHeader {
        var buffer = ByteBuffer(bytes: bytes)
        var decoder = ProxyHeaderDecoder()
        guard case .header(let header) = decoder.decode(&buffer) else { throw Impatient(description: "no header") }
        #expect(buffer.readableBytes == 0)
        return header
    }

    @Test func withoutOptionsTheAddressesAlone() async throws {
        let header = try decoded(try await passed([], sending: encoded(ProxyOptionTests.incoming)))
        #expect(header.source == ProxyOptionTests.incoming.source)
        #expect(header.destination == ProxyOptionTests.incoming.destination)
        #expect(header.values == [])
    }

    @Test func whatATrustedProxySaidIsPassedOn() async throws {
        let options: [ProxyOption] = [.authority, .uniqueID, .ssl, .certificateName, .checksum]
        let header = try decoded(try await passed(options, sending: encoded(ProxyOptionTests.incoming)))
        #expect(header.value(0x02) == Array("mx.example.net".utf8))
        #expect(header.value(0x05) == Array("upstream".utf8))
        #expect(header.ssl?.client == 1)
        #expect(header.ssl?[.version] == Array("TLSv1.3".utf8))
        #expect(header.ssl?[.commonName] == Array("me".utf8))
        #expect(header.ssl?[.cipher] == nil, "nobody asked for it")
        #expect(header.values.map(\.type) == [0x02, 0x05, 0x20], "the rest is the first proxy's own")
    }

    @Test func withoutAProxyInFrontNothingIsMadeUp() async throws {
        let version1 = Array("PROXY TCP6 2001:db8::9 2001:db8::1 4444 25\r\n".utf8)
        let header = try decoded(try await passed([.authority, .uniqueID, .ssl], sending: version1))
        #expect(header.source == (try SocketAddress(ipAddress: "2001:db8::9", port: 4_444)))
        #expect(header.value(0x05) == [0, 0, 0, 0, 0, 0, 0, 1], "the session's number")
        #expect(header.ssl == ProxySSL(), "no TLS")
        #expect(header.value(0x02) == nil)
        let format = UniqueIDFormat([(.given, false), (.text("-"), false), (.number, false)], description: "f")
        let made = try decoded(
            try await passed([.uniqueID], sending: encoded(ProxyOptionTests.incoming), format: format)
        )
        #expect(made.value(0x05) == Array("upstream-1".utf8))
    }

    @Test(arguments: [ProxyHeaderVersion.v1, .v2])
    func whoIsNotIdentifiedStaysSo(version: ProxyHeaderVersion) async throws {
        let local = Array(ProxyHeaderHandlerTests.version2.prefix(12)) + [0x20, 0, 0, 0]
        let unspecified = Array(ProxyHeaderHandlerTests.version2.prefix(12)) + [0x21, 0, 0, 0]
        for sent in [local, unspecified, Array("PROXY UNKNOWN\r\n".utf8)] {
            let received = try await passed([.uniqueID], version: version, sending: sent)
            #expect(received == (version == .v1 ? Array("PROXY UNKNOWN\r\n".utf8) : local))
        }
    }

    @Test func unixAddressesArePassedOn() async throws {
        let header = ProxyHeader(
            command: .proxy,
            source: try SocketAddress(unixDomainSocketPath: "/run/client"),
            destination: try SocketAddress(unixDomainSocketPath: "/run/server")
        )
        let received = try decoded(try await passed([], sending: encoded(header)))
        #expect(received.source?.pathname == "/run/client")
        #expect(received.destination?.pathname == "/run/server")
        let line = try await passed([], version: .v1, sending: encoded(header))
        #expect(line == Array("PROXY UNKNOWN\r\n".utf8))
    }

    /// A client over a UNIX socket of ours has no address; a server over one gets the header like any other.
    @Test func unixSocketsOnBothSides() async throws {
        let path = "/tmp/relaybox-\(UInt32.random(in: 0...UInt32.max))"
        let server = try await StubServer(unixPath: path + ".server")
        var settings = Bench.settings(
            servers: [ServerSettings(name: "s", target: .unix(path: path + ".server"))]
        ) { frontend, _ in
            frontend.binds[0].address = .unix(path: path)
            frontend.binds[0].acceptProxy = true
        }
        settings.backends[0].servers[0].sendProxy = .v1
        try await Bench.run(settings) { bench in
            let client = try await Wire.connect(to: try SocketAddress(unixDomainSocketPath: path))
            try await client.send(ProxyHeaderHandlerTests.version2)
            try await server.connection(0).expect("PROXY TCP4 192.0.2.9 198.51.100.1 4444 25\r\n")
        }
        settings.frontends[0].binds[0].acceptProxy = false
        settings.backends[0].servers[0].sendProxy = .v2
        try await Bench.run(settings) { bench in
            let client = try await Wire.connect(to: try SocketAddress(unixDomainSocketPath: path))
            try await client.send("x")
            let wire = try await server.connection(1)
            try await eventually("LOCAL") { wire.received.count == 17 }
            #expect(wire.received[12] == 0x20)
        }
        await server.close()
    }
}
