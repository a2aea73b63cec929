// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Reception
import Testing

/// The header section: taken apart, changed, and put together again.
struct MessageHeadTests {
    private static let trace = "Received: from here\r\n\tby there\r\n"

    private func read(_ text: String, size: Int = .max, limit: Int = 10_000) -> (head: MessageHead, body: String) {
        var head = MessageHead(limit: limit)
        var body = ByteBuffer()
        var rest = ByteBuffer(string: text)
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
            body.writeImmutableBuffer(head.take(piece))
        }
        body.writeImmutableBuffer(head.finish())
        return (head, String(buffer: body))
    }

    @Test(
        arguments: [
            "Subject: x\r\n\r\nbody\r\n", "Subject: x\r\n folded\r\nTo: y\r\n\r\n", "Subject : odd\r\n\r\n\r\nbody\r\n",
            "\r\nbody only\r\n", "A: b\r\n\r\n..\r\n", "A: caf\u{E9}\r\n\r\n", "A: b\r\n",
        ],
        [1, 2, 7, Int.max]
    )
    func comesOutAsItWentIn(text: String, size: Int) {
        let whole = MessageHeadTests.trace + text
        let (head, body) = read(whole, size: size)
        #expect(String(buffer: head.bytes(hasBody: !body.isEmpty)) + body == whole)
        #expect(head.fields.first?.name == "Received")
    }

    @Test func aLineThatIsNoHeaderBeginsTheBody() {
        let (head, body) = read(MessageHeadTests.trace + "Subject: x\r\nnot a header\r\nTo: y\r\n")
        #expect(head.visible.map(\.name) == ["Subject"])
        #expect(body == "not a header\r\nTo: y\r\n")
        #expect(String(buffer: head.bytes(hasBody: true)).hasSuffix("Subject: x\r\n\r\n"))
    }

    @Test func whatIsBeyondTheLimitIsBody() {
        let long = "A: " + String(repeating: "x", count: 500) + "\r\n"
        let (head, body) = read(MessageHeadTests.trace + long + long + "B: c\r\n\r\ntext\r\n", size: 100, limit: 600)
        #expect(head.fields.reduce(0) { $0 + $1.raw.readableBytes } < 1_200)
        #expect(body.hasSuffix("B: c\r\n\r\ntext\r\n"))
    }

    /// Headers that a policy service has put on top are everybody's but ours.
    @Test func whatIsAboveOurOwnIsSeen() {
        var (head, _) = read("SPF: pass\r\n" + MessageHeadTests.trace + "Received: before\r\nA: 1\r\n\r\n")
        #expect(head.visible.map(\.name) == ["SPF", "Received", "A"])
        head.apply(.insertHeader(index: 1, name: "B", value: ByteBuffer(string: "2")), isVerbatim: false)
        head.apply(.changeHeader(index: 1, name: "SPF", value: ByteBuffer()), isVerbatim: false)
        head.apply(.changeHeader(index: 1, name: "Received", value: ByteBuffer(string: "gone")), isVerbatim: false)
        #expect(
            String(buffer: head.bytes(hasBody: true))
                == "B: 2\r\n" + MessageHeadTests.trace + "Received: gone\r\nA: 1\r\n\r\n"
        )
    }

    @Test func valuesAsFiltersSeeThem() {
        let (head, _) = read(MessageHeadTests.trace + "Subject:  two\r\n\tthree\r\nTo:x\r\n\r\n")
        let fields = Array(head.visible)
        #expect(String(buffer: fields[0].value(withLeadingSpace: false)) == " two\n\tthree")
        #expect(String(buffer: fields[0].value(withLeadingSpace: true)) == "  two\n\tthree")
        #expect(String(buffer: fields[1].value(withLeadingSpace: false)) == "x")
    }

    private func edited(_ edits: MilterEdit..., isVerbatim: Bool = false) -> String {
        var (head, _) = read(MessageHeadTests.trace + "A: 1\r\nB: 2\r\nA: 3\r\n\r\n")
        for edit in edits { head.apply(edit, isVerbatim: isVerbatim) }
        return String(buffer: head.bytes(hasBody: false)).replacing(MessageHeadTests.trace, with: "T;")
            .replacing("\r\n", with: ";")
    }

    private func text(_ string: String) -> ByteBuffer { ByteBuffer(string: string) }

    @Test func edits() {
        #expect(edited(.addHeader(name: "C", value: text("4"))) == "T;A: 1;B: 2;A: 3;C: 4;;")
        #expect(edited(.insertHeader(index: 0, name: "C", value: text("4"))) == "C: 4;T;A: 1;B: 2;A: 3;;")
        #expect(edited(.insertHeader(index: 1, name: "C", value: text("4"))) == "T;C: 4;A: 1;B: 2;A: 3;;")
        #expect(edited(.insertHeader(index: 99, name: "C", value: text("4"))) == "T;A: 1;B: 2;A: 3;C: 4;;")
        #expect(edited(.changeHeader(index: 2, name: "a", value: text("9"))) == "T;A: 1;B: 2;a: 9;;")
        #expect(edited(.changeHeader(index: 1, name: "A", value: text(""))) == "T;B: 2;A: 3;;")
        #expect(edited(.changeHeader(index: 7, name: "A", value: text(""))) == "T;A: 1;B: 2;A: 3;;")
        #expect(edited(.changeHeader(index: 1, name: "D", value: text("5"))) == "T;A: 1;B: 2;A: 3;D: 5;;")
        #expect(edited(.changeHeader(index: 1, name: "Received", value: text("mine"))).hasPrefix("T;A: 1;"))
        #expect(edited(.addHeader(name: "C", value: text(" 4")), isVerbatim: true) == "T;A: 1;B: 2;A: 3;C: 4;;")
    }

    @Test func aHeaderOfAFilterCannotEndTheHead() {
        let value = "one\n two\nEvil: x\r\n\r\nbody\n"
        #expect(
            edited(.addHeader(name: "C", value: text(value)))
                == "T;A: 1;B: 2;A: 3;C: one; two;\tEvil: x;\tbody;;"
        )
    }
}
