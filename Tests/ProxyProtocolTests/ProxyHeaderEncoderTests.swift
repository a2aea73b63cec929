// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Testing

struct ProxyHeaderEncoderTests {
    private func encode(_ header: ProxyHeader, _ version: ProxyHeaderVersion, checksum: Bool = false) -> ByteBuffer {
        var buffer = ByteBuffer()
        ProxyHeaderEncoder(version: version, addsChecksum: checksum).encode(header, into: &buffer)
        return buffer
    }

    private func header(_ from: String, _ to: String, values: [ProxyHeader.TypeLengthValue] = []) -> ProxyHeader {
        ProxyHeader(
            command: .proxy,
            source: Vectors.address(from, 56_324),
            destination: Vectors.address(to, 25),
            values: values
        )
    }

    @Test(arguments: [
        ("192.0.2.1", "198.51.100.2", "PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n"),
        ("2001:db8::1", "2001:db8::2", "PROXY TCP6 2001:db8::1 2001:db8::2 56324 25\r\n"),
        ("192.0.2.1", "2001:db8::2", "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 25\r\n"),
        ("2001:db8::1", "192.0.2.1", "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 56324 25\r\n"),
        ("::ffff:192.0.2.1", "::1", "PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 25\r\n"),
    ])
    func writesVersion1(from: String, to: String, line: String) {
        #expect(String(buffer: encode(header(from, to), .v1)) == line)
    }

    @Test func saysUnknownOnlyWithoutAddresses() throws {
        #expect(String(buffer: encode(ProxyHeader(command: .proxy), .v1)) == "PROXY UNKNOWN\r\n")
        // A health check of ours: its own connection's addresses.
        var check = header("127.0.0.1", "127.0.0.2")
        check.command = .local
        #expect(String(buffer: encode(check, .v1)) == "PROXY TCP4 127.0.0.1 127.0.0.2 56324 25\r\n")
    }

    @Test func localIsSixteenBytes() {
        var local = header("127.0.0.1", "127.0.0.2")
        local.command = .local
        let bytes = Array(encode(local, .v2, checksum: true).readableBytesView)
        #expect(bytes == Vectors.version2(0x20, 0x00))
    }

    @Test func writesVersion2() {
        let bytes = Array(encode(header("192.0.2.1", "198.51.100.2"), .v2).readableBytesView)
        #expect(bytes == Vectors.version2(0x21, 0x11, Vectors.tcp4))
    }

    @Test(arguments: [1, 2, 7, .max], [true, false])
    func decodesWhatItEncodes(chunk: Int, checksum: Bool) throws {
        let values = [ProxyHeader.TypeLengthValue(type: 5, value: Array("0x1f".utf8)), .init(type: 2, value: [])]
        var headers = [
            header("192.0.2.1", "198.51.100.2"), header("2001:db8::1", "::1", values: values),
            header("192.0.2.1", "198.51.100.2", values: values), ProxyHeader(command: .proxy),
        ]
        headers.append(
            ProxyHeader(
                command: .proxy,
                source: try SocketAddress(unixDomainSocketPath: "/a"),
                destination: try SocketAddress(unixDomainSocketPath: "/b")
            )
        )
        for header in headers {
            let bytes = Array(encode(header, .v2, checksum: checksum).readableBytesView)
            let (outcome, unread) = Vectors.feed(bytes + [1, 2], chunk: chunk)
            guard case .header(var decoded) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(unread == [1, 2])
            decoded.values.removeAll { $0.type == 3 }
            #expect(decoded == header)
        }
    }

    @Test func aFlippedBitBreaksTheChecksum() {
        let good = Array(encode(header("192.0.2.1", "198.51.100.2"), .v2, checksum: true).readableBytesView)
        for index in 16..<28 {
            var bytes = good
            bytes[index] ^= 0x10
            #expect(Vectors.feed(bytes, chunk: .max).outcome == .invalid(.badChecksum))
        }
    }

    @Test func leavesOutWhatDoesNotFit() {
        let huge = ProxyHeader.TypeLengthValue(type: 0xE0, value: [UInt8](repeating: 7, count: 65_530))
        let small = ProxyHeader.TypeLengthValue(type: 5, value: [1])
        let bytes = encode(header("192.0.2.1", "198.51.100.2", values: [huge, small]), .v2)
        #expect(bytes.readableBytes == 16 + 12 + 4)
    }
}
