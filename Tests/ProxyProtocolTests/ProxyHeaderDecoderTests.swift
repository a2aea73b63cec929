// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Support
import Testing

struct ProxyHeaderDecoderTests {
    struct Good: Sendable {
        var bytes: [UInt8]
        var header: ProxyHeader
        init(_ line: String, _ header: ProxyHeader) { (self.bytes, self.header) = (Array(line.utf8), header) }
        init(_ bytes: [UInt8], _ header: ProxyHeader) { (self.bytes, self.header) = (bytes, header) }
    }

    static let client = ProxyHeader(
        command: .proxy,
        source: Vectors.address("192.0.2.1", 56_324),
        destination: Vectors.address("198.51.100.2", 25)
    )
    static let client6 = ProxyHeader(
        command: .proxy,
        source: Vectors.address("2001:db8::1", 56_324),
        destination: Vectors.address("2001:db8::2", 25)
    )
    static let nobody = ProxyHeader(command: .proxy)

    static let good: [Good] = [
        Good("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n", client),
        Good("PROXY TCP6 2001:db8::1 2001:DB8:0:0:0:0:0:2 56324 25\r\n", client6),
        Good(
            "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n",
            ProxyHeader(
                command: .proxy,
                source: Vectors.address("255.255.255.255", 65_535),
                destination: Vectors.address("0.0.0.0", 0)
            )
        ),
        Good(
            "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
            ProxyHeader(
                command: .proxy,
                source: Vectors.address("::ffff:192.0.2.1", 1),
                destination: Vectors.address("::1", 2)
            )
        ),
        Good("PROXY UNKNOWN\r\n", nobody),
        Good("PROXY UNKNOWN anything  at all 1 2 3 4 5\r\n", nobody),
        // The longest line the specification names: 107 bytes.
        Good(
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            nobody
        ),
        Good(Vectors.version2(0x21, 0x11, Vectors.tcp4), client),
        Good(
            Vectors.version2(
                0x21,
                0x21,
                [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
                    + [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] + [0xDC, 4, 0, 25]
            ),
            client6
        ),
        Good(Vectors.version2(0x20, 0x00), ProxyHeader(command: .local)),
        Good(Vectors.version2(0x20, 0x11, Vectors.tcp4), ProxyHeader(command: .local)),
        Good(Vectors.version2(0x20, 0xFF, [1, 2, 3]), ProxyHeader(command: .local)),
        Good(Vectors.version2(0x21, 0x00), nobody),
        Good(Vectors.version2(0x21, 0x00, [9, 9, 9]), nobody),
        Good(Vectors.version2(0x21, 0x12, Vectors.tcp4), nobody),
        Good(
            Vectors.version2(
                0x21,
                0x11,
                Vectors.tcp4 + [0x04, 0, 2, 7, 7] + [0x05, 0, 3, 97, 98, 99] + [0xE0, 0, 0]
            ),
            ProxyHeader(
                command: .proxy,
                source: client.source,
                destination: client.destination,
                values: [.init(type: 5, value: [97, 98, 99]), .init(type: 0xE0, value: [])]
            )
        ),
        // SSL with one nested value (version).
        Good(
            Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x20, 0, 9, 1, 0, 0, 0, 0, 0x21, 0, 1, 51]),
            ProxyHeader(
                command: .proxy,
                source: client.source,
                destination: client.destination,
                values: [.init(type: 0x20, value: [1, 0, 0, 0, 0, 0x21, 0, 1, 51])]
            )
        ),
        Good(
            Vectors.version2(0x21, 0x31, path("/run/a.sock") + path("/run/b.sock")),
            ProxyHeader(
                command: .proxy,
                source: try? SocketAddress(unixDomainSocketPath: "/run/a.sock"),
                destination: try? SocketAddress(unixDomainSocketPath: "/run/b.sock")
            )
        ),
        Good(Vectors.version2(0x21, 0x31, path("") + path("")), nobody),
    ]

    static func path(_ text: String) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: 108 - text.utf8.count)
    }

    @Test(arguments: good, [1, 2, 7, .max])
    func acceptsAndConsumesExactlyTheHeader(good: Good, chunk: Int) {
        let (outcome, unread) = Vectors.feed(good.bytes + Array("EHLO x\r\n".utf8), chunk: chunk)
        #expect(outcome == .header(good.header))
        #expect(unread == Array("EHLO x\r\n".utf8))
        #expect(Vectors.feed(Array(good.bytes.dropLast()), chunk: chunk).outcome == .needMore)
    }

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\n", ProxyHeaderError.illegalCharacter(10)),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r", nil),
            ("PROXY TCP4 192.0.2.1\r198.51.100.2 56324 25\r\n", .illegalCharacter(13)),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324\0 25\r\n", .illegalCharacter(0)),
            ("PROXY TCP4 192.0.2.1  198.51.100.2 56324 25\r\n", .badWordCount(7)),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25 \r\n", .badWordCount(7)),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324 25 junk\r\n", .badWordCount(7)),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n", .badWordCount(5)),
            ("PROXY \r\n", .unknownProtocol("")),
            ("PROXY tcp4 192.0.2.1 198.51.100.2 56324 25\r\n", .unknownProtocol("tcp4")),
            ("PROXY UDP4 192.0.2.1 198.51.100.2 56324 25\r\n", .unknownProtocol("UDP4")),
            ("PROXY UNKNOWNX\r\n", .unknownProtocol("UNKNOWNX")),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 +80 25\r\n", .badPort("+80")),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 080 25\r\n", .badPort("080")),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 80 65536\r\n", .badPort("65536")),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 80 99999999999999999999\r\n", .badPort("99999999999999999999")),
            ("PROXY TCP4 192.0.2.1 198.51.100.2 -1 25\r\n", .badPort("-1")),
            ("PROXY TCP4 192.0.2.01 198.51.100.2 80 25\r\n", .badAddress("192.0.2.01")),
            ("PROXY TCP4 192.0.2.256 198.51.100.2 80 25\r\n", .badAddress("192.0.2.256")),
            ("PROXY TCP4 192.0.2 198.51.100.2 80 25\r\n", .badAddress("192.0.2")),
            ("PROXY TCP4 2001:db8::1 198.51.100.2 80 25\r\n", .badAddress("2001:db8::1")),
            ("PROXY TCP6 192.0.2.1 2001:db8::1 80 25\r\n", .badAddress("192.0.2.1")),
            ("PROXY TCP6 fe80::1%eth0 2001:db8::1 80 25\r\n", .badAddress("fe80::1%eth0")),
            ("PROXY TCP6 2001::db8::1 ::1 80 25\r\n", .badAddress("2001::db8::1")),
            ("PROXY TCP6 [::1] ::1 80 25\r\n", .badAddress("[::1]")),
            ("PROXY " + String(repeating: "x", count: 101), .lineTooLong),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", .lineTooLong),
        ] as [(String, ProxyHeaderError?)],
        [1, 2, 7, .max]
    )
    func rejectsVersion1(line: (text: String, error: ProxyHeaderError?), chunk: Int) {
        let (outcome, unread) = Vectors.feed(Array(line.text.utf8), chunk: chunk)
        #expect(outcome == line.error.map { .invalid($0) } ?? .needMore)
        #expect(unread == Array(line.text.utf8))
    }

    @Test(
        arguments: [
            (Vectors.version2(0x11, 0x11, Vectors.tcp4), ProxyHeaderError.badVersion(1)),
            (Vectors.version2(0x2F, 0x11, Vectors.tcp4), .badCommand(15)),
            (Vectors.version2(0x22, 0x11, Vectors.tcp4), .badCommand(2)),
            (
                Vectors.version2(0x21, 0x11, Array(Vectors.tcp4.dropLast())),
                .addressesTruncated(family: 0x11, length: 11)
            ),
            (Vectors.version2(0x21, 0x21, Vectors.tcp4), .addressesTruncated(family: 0x21, length: 12)),
            (Vectors.version2(0x21, 0x31, Vectors.tcp4), .addressesTruncated(family: 0x31, length: 12)),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x05]), .valueOverrun(type: 5)),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x05, 0]), .valueOverrun(type: 5)),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x05, 0, 2, 1]), .valueOverrun(type: 5)),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x05, 0xFF, 0xFF, 1]), .valueOverrun(type: 5)),
            (
                Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x05, 0, 129] + [UInt8](repeating: 1, count: 129)),
                .badValue(type: 5)
            ),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x20, 0, 4, 1, 0, 0, 0]), .badValue(type: 0x20)),
            (
                Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x20, 0, 8, 1, 0, 0, 0, 0, 0x21, 0, 1]),
                .valueOverrun(type: 0x21)
            ),
            (
                Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x20, 0, 6, 1, 0, 0, 0, 0, 0x21]),
                .valueOverrun(type: 0x21)
            ),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x03, 0, 4, 1, 2, 3, 4]), .badChecksum),
            (Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0x03, 0, 3, 1, 2, 3]), .badValue(type: 3)),
            (Vectors.version2(0x21, 0x11, length: 65_535, Vectors.tcp4), .headerTooLong(length: 65_551, limit: 4_096)),
            (Vectors.version2(0x20, 0x00, length: 4_081), .headerTooLong(length: 4_097, limit: 4_096)),
        ],
        [1, 2, 7, .max]
    )
    func rejectsVersion2(vector: (bytes: [UInt8], error: ProxyHeaderError), chunk: Int) {
        let (outcome, unread) = Vectors.feed(vector.bytes, chunk: chunk)
        #expect(outcome == .invalid(vector.error))
        #expect(unread == vector.bytes)
    }

    @Test(arguments: 0...255)
    func acceptsOnlyDefinedFamilies(byte: Int) {
        let byte = UInt8(byte)
        let block = [UInt8](repeating: 0, count: 216)
        let (outcome, _) = Vectors.feed(Vectors.version2(0x21, byte, block), chunk: .max)
        if [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32].contains(byte) {
            guard case .header = outcome else {
                Issue.record("\(outcome)")
                return
            }
        } else {
            #expect(outcome == .invalid(.badFamily(byte)))
        }
    }

    @Test(arguments: [1, 2, 7, .max])
    func knowsWhatComesInsteadOfAHeader(chunk: Int) {
        func diagnosis(_ text: String) -> String {
            guard case .invalid(let error) = Vectors.feed(Array(text.utf8), chunk: chunk).outcome else { return "" }
            #expect(error.logText == "Received something which does not look like a PROXY protocol header")
            switch error {
            case .looksLikeSMTP: return "smtp"
            case .looksLikeTLS: return "tls"
            case .looksLikeHTTP: return "http"
            case .lowerCase: return "lower"
            case .notAHeader: return "other"
            default: return "\(error)"
            }
        }
        #expect(diagnosis("EHLO client.example\r\n") == "smtp")
        #expect(diagnosis("ehlo client.example\r\n") == "smtp")
        #expect(diagnosis("QUIT\r\n") == "smtp")
        #expect(diagnosis("GET / HTTP/1.0\r\n") == "http")
        #expect(diagnosis("\u{16}\u{03}\u{01}") == "tls")
        #expect(diagnosis("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n") == "lower")
        #expect(diagnosis("PROXYTCP4 1.2.3.4 1.2.3.4 1 2\r\n") == "other")
        #expect(diagnosis("\r\n\r\n\r\n") == "other")
        #expect(diagnosis("220 mx.example.net\r\n") == "other")
    }

    @Test func recognisesAStrangerByItsFirstByte() {
        var decoder = ProxyHeaderDecoder()
        var buffer = ByteBuffer(string: "E")
        #expect(decoder.decode(&buffer) == .invalid(.looksLikeSMTP(seen: "E")))
    }

    @Test func leavesASecondHeaderToTheSession() {
        let one = Vectors.version2(0x21, 0x11, Vectors.tcp4)
        #expect(Vectors.feed(one + one, chunk: .max).unread == one)
    }

    @Test func aPickedLimitHolds() {
        let bytes = Vectors.version2(0x21, 0x11, Vectors.tcp4 + [0xE0, 0, 0])
        let decoder = ProxyHeaderDecoder(limit: bytes.count - 1)
        #expect(
            Vectors.feed(bytes, chunk: 1, to: decoder).outcome
                == .invalid(.headerTooLong(length: bytes.count, limit: bytes.count - 1))
        )
    }

    @Test func noMutationTraps() {
        var random = SeededRandom(seed: 0x5EED)
        let seeds = ProxyHeaderDecoderTests.good.map(\.bytes)
        for _ in 0..<4_000 {
            var bytes = seeds[Int(random.next() % UInt64(seeds.count))]
            for _ in 0...(random.next() % 4) {
                let index = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 4 {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: index)
                case 2 where bytes.count > 1: bytes.remove(at: index)
                default: bytes[index] ^= 1 << UInt8(random.next() % 8)
                }
            }
            let whole = Vectors.feed(bytes, chunk: .max)
            #expect(whole.unread.count <= bytes.count)
            if case .header = whole.outcome {
                // A header is the same header however it is cut.
                #expect(Vectors.feed(bytes, chunk: 1).outcome == whole.outcome)
            }
        }
    }
}
