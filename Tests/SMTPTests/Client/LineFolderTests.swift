// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Support
import Testing

@Suite struct LineFolderTests {
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let limit: Int
        let input: String
        let output: String
        var description: String { name }
    }

    static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    static let cases: [Case] = [
        Case(name: "empty", limit: 10, input: "", output: ""),
        Case(name: "997", limit: 998, input: x(997) + "\r\n", output: x(997) + "\r\n"),
        Case(name: "998", limit: 998, input: x(998) + "\r\n", output: x(998) + "\r\n"),
        Case(name: "999", limit: 998, input: x(999) + "\r\n", output: x(998) + "\r\n x\r\n"),
        Case(name: "998 and 997", limit: 998, input: x(1_995) + "\r\n", output: x(998) + "\r\n " + x(997) + "\r\n"),
        Case(name: "one more", limit: 998, input: x(1_996) + "\r\n", output: x(998) + "\r\n " + x(997) + "\r\n x\r\n"),
        Case(name: "without end", limit: 4, input: "abcdef", output: "abcd\r\n ef"),
        Case(
            name: "every line",
            limit: 4,
            input: "abcd\r\nabcde\r\nabcd\r\n",
            output: "abcd\r\nabcd\r\n e\r\nabcd\r\n"
        ),
        Case(name: "two breaks", limit: 4, input: "abcdefgh\r\n", output: "abcd\r\n efg\r\n h\r\n"),
        Case(
            name: "dots at breaks",
            limit: 4,
            input: "abcd.efg.\r\n.hij.\r\n",
            output: "abcd\r\n .ef\r\n g.\r\n.hij\r\n .\r\n"
        ),
        Case(name: "blanks at breaks", limit: 4, input: "abc  de\r\n", output: "abc \r\n  de\r\n"),
        Case(
            name: "bytes, not characters",
            limit: 3,
            input: "abc\u{FC}\u{FC}\r\n",
            output: "abc\r\n \u{FC}\r\n \u{FC}\r\n"
        ),
        Case(
            name: "short 8-bit lines",
            limit: 5,
            input: "\u{FC}\u{FC}a\r\n\u{20AC}\r\n",
            output: "\u{FC}\u{FC}a\r\n\u{20AC}\r\n"
        ),
        Case(name: "a line end of LF alone", limit: 4, input: "abcd\nabcde\n", output: "abcd\nabcd\r\n e\n"),
        Case(name: "a CR inside counts", limit: 4, input: "ab\rcd\r\n", output: "ab\rc\r\n d\r\n"),
        Case(name: "the smallest limit", limit: 0, input: "abcd\r\n", output: "ab\r\n c\r\n d\r\n"),
    ]

    static func fold(_ input: String, limit: Int, chunk: Int, andStuff: Bool = false) -> (text: String, folded: Bool) {
        var folder = LineFolder(limit: limit)
        var stuffer = DotStuffer()
        var output = ByteBuffer()
        var bytes = Array(input.utf8)[...]
        while !bytes.isEmpty {
            var piece = folder.fold(ByteBuffer(bytes: bytes.prefix(chunk)))
            if andStuff { piece = stuffer.stuff(piece) }
            output.writeBuffer(&piece)
            bytes = bytes.dropFirst(chunk)
        }
        return (String(buffer: output), folder.hasFolded)
    }

    @Test(arguments: cases, [1, 2, 7, .max])
    func breaksLongLines(_ example: Case, chunk: Int) {
        let (text, folded) = Self.fold(example.input, limit: example.limit, chunk: chunk)
        #expect(text == example.output)
        #expect(folded == (example.input != example.output))
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func aDoubledDotDoesNotCount(chunk: Int) {
        let (text, _) = Self.fold(
            ".bcd\r\n.bcde\r\nabcd.\r\n",
            limit: 4,
            chunk: chunk,
            andStuff: true
        )
        #expect(text == "..bcd\r\n..bcd\r\n e\r\nabcd\r\n .\r\n")
    }

    @Test(arguments: 1...20)
    func noLineIsTooLongAndNothingIsLost(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let limit = Int.random(in: 2...30, using: &random)
        var input = ""
        for _ in 0..<Int.random(in: 1...30, using: &random) {
            input += String(repeating: ".", count: Int.random(in: 0...90, using: &random)) + "\r\n"
        }
        let whole = Self.fold(input, limit: limit, chunk: .max).text
        for chunk in [1, 2, 3, 7, limit] { #expect(Self.fold(input, limit: limit, chunk: chunk).text == whole) }
        #expect(whole.utf8.split(separator: 10).allSatisfy { $0.count - 1 <= limit })
        #expect(whole.replacing("\r\n ", with: "") == input)
    }
}
