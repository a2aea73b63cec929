// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Reception
import SMTP
import Testing

/// Packets on the wire, both ways.
struct MilterPacketTests {
    private func packet(_ letter: Character, _ bytes: [UInt8]) -> MilterPacket {
        MilterPacket(letter, ByteBuffer(bytes: bytes))
    }

    private func wire(_ command: MilterCommand) -> [UInt8] {
        var buffer = ByteBuffer()
        command.write(into: &buffer)
        return Array(buffer.readableBytesView)
    }

    /// Each byte is written as the character of its number.
    private static let sent: [(MilterCommand, String)] = [
        (.hello("me"), "\0\0\0\u{4}Hme\0"), (.mail(["<a@b>", "SIZE=1"]), "\0\0\0\u{E}M<a@b>\0SIZE=1\0"),
        (.data, "\0\0\0\u{1}T"), (.header(name: "A", value: ByteBuffer(string: "b\n c")), "\0\0\0\u{8}LA\0b\n c\0"),
        (.body(ByteBuffer(string: "x\r\n")), "\0\0\0\u{4}Bx\r\n"),
        (.macros("R", [MilterMacro("{a}", "1")]), "\0\0\0\u{8}DR{a}\u{0}1\0"),
        (.connect(name: "unknown", address: nil, port: 9), "\0\0\0\u{A}Cunknown\0U"),
        (
            .connect(name: "n", address: IPAddress("192.0.2.1"), port: 258),
            "\0\0\0\u{10}Cn\u{0}4\u{1}\u{2}192.0.2.1\0"
        ),
        (
            .negotiate(MilterTerms(version: 6, actions: .all, steps: .noBody)),
            "\0\0\0\u{D}O\0\0\0\u{6}\0\0\u{1}\u{FF}\0\0\0\u{10}"
        ),
        (.hello("a\0b"), "\0\0\0\u{4}Hab\0"),
    ]

    @Test(arguments: MilterPacketTests.sent)
    func commands(command: MilterCommand, expected: String) {
        #expect(wire(command) == expected.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func packetsComeInPieces(size: Int) throws {
        var stream = ByteBuffer()
        let sent = [packet("c", []), packet("h", Array("X-A\0b\0".utf8)), packet("p", [])]
        for one in sent { one.write(into: &stream) }
        var decoder = MilterPacketDecoder()
        var received: [MilterPacket] = []
        while let piece = stream.readSlice(length: min(size, stream.readableBytes)), piece.readableBytes > 0 {
            decoder.received(piece)
            while let one = try decoder.next() { received.append(one) }
        }
        #expect(received == sent)
    }

    @Test func lengthsThatCannotBeAreNoPackets() {
        var decoder = MilterPacketDecoder(limit: 100)
        decoder.received(ByteBuffer(bytes: [0, 0, 0, 0, 1]))
        #expect(throws: MilterPacketDecoder.Failure.empty) { try decoder.next() }
        decoder = MilterPacketDecoder(limit: 100)
        decoder.received(ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(throws: MilterPacketDecoder.Failure.tooLong(0xFFFF_FFFF)) { try decoder.next() }
    }

    @Test(arguments: [
        ("c", "", MilterResponse.proceed), ("a", "", .accept), ("d", "", .discard), ("r", "", .reject),
        ("t", "", .tempfail), ("s", "", .skip), ("p", "", .progress), ("4", "", .shutdown),
        ("f", "", .connectionFailed),
        ("h", "A\0b\0", .edit(.addHeader(name: "A", value: ByteBuffer(string: "b")))),
        ("i", "\0\0\0\u{1}A\0b\0", .edit(.insertHeader(index: 1, name: "A", value: ByteBuffer(string: "b")))),
        ("m", "\0\0\0\0A\0\0", .edit(.changeHeader(index: 1, name: "A", value: ByteBuffer()))),
        ("+", "<a@b>\0", .edit(.addRecipient("a@b"))), ("2", "<a@b>\0NOTIFY=NEVER\0", .edit(.addRecipient("a@b"))),
        ("-", "a@b\0", .edit(.deleteRecipient("a@b"))), ("e", "<>\0", .edit(.changeSender(""))),
        ("b", "new\r\n", .edit(.replaceBody(ByteBuffer(string: "new\r\n")))),
        ("q", "virus\0", .edit(.quarantine(reason: "virus"))),
        ("y", "554 5.7.1 50%% off\0", .reply(Reply(554, EnhancedStatus(5, 7, 1), "50% off"))),
        ("y", "450-4.2.0 one\r\n450 4.2.0 two\0", .reply(Reply(450, EnhancedStatus(4, 2, 0), lines: ["one", "two"]))),
    ])
    func responses(letter: String, data: String, expected: MilterResponse) throws {
        #expect(try MilterResponse(packet(Character(letter), Array(data.utf8))) == expected)
    }

    @Test(arguments: [
        ("c", "x", MilterResponse.Failure.leftOver(1)), ("z", "", .unknown), ("h", "A\0b", .truncated),
        ("h", "\0b\0", .truncated), ("h", "A b\0c\0", .truncated), ("m", "\0\0", .truncated),
        ("i", "\u{7F}", .truncated), ("O", "\0", .truncated), ("y", "250 ok\0", .malformedReply("250 ok")),
        ("y", "spam\0", .malformedReply("spam")), ("+", "a@b", .truncated),
    ])
    func malformed(letter: String, data: String, expected: MilterResponse.Failure) {
        #expect(throws: expected) { try MilterResponse(packet(Character(letter), Array(data.utf8))) }
    }

    @Test func termsMayChooseMacros() throws {
        let bytes: [UInt8] = [0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2] + Array("i {auth_type}\0".utf8)
        guard case .terms(let terms) = try MilterResponse(packet("O", bytes)) else {
            Issue.record("no terms")
            return
        }
        #expect(terms.actions == .addHeaders)
        #expect(terms.steps == .skip)
        #expect(terms.macros == [.mail: ["i", "{auth_type}"]])
    }

    @Test func macrosWithoutAValueAreLeftOut() {
        var values = MilterMacros.Values()
        values.hostname = "relay.example.net"
        values.client = IPAddress("2001:db8::1")
        values.sender = "a@example.org"
        let names = ["j", "_", "{client_addr}", "i", "{mail_host}", "{rcpt_addr}", "{unheard_of}"]
        #expect(
            MilterMacros.list(names, values) == [
                MilterMacro("j", "relay.example.net"), MilterMacro("_", "unknown [2001:db8::1]"),
                MilterMacro("{client_addr}", "IPv6:2001:db8::1"), MilterMacro("{mail_host}", "example.org"),
            ]
        )
    }
}
