// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Support
import Testing

struct DataDecoderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var input: String
        /// What is stored; nil when the end must not be found.
        var body: String?
        var rest = ""
        var bare = false
        var dots = false

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "plain", input: "a\r\nb\r\n.\r\n", body: "a\r\nb\r\n"),
        Case(name: "empty message", input: ".\r\n", body: ""),
        Case(name: "empty line", input: "\r\n.\r\n", body: "\r\n"),
        Case(name: "stuffed dot", input: "..\r\n...x\r\n.\r\n", body: ".\r\n..x\r\n", dots: true),
        Case(name: "single dot before text", input: ".x\r\n.\r\n", body: "x\r\n"),
        Case(name: "rest stays", input: "a\r\n.\r\nQUIT\r\n", body: "a\r\n", rest: "QUIT\r\n"),
        Case(name: "bare LF line", input: "a\nb\r\n.\r\n", body: "a\r\nb\r\n", bare: true),
        Case(name: "LF dot LF is no end", input: "a\n.\nb\r\n.\r\n", body: "a\r\n\r\nb\r\n", bare: true),
        Case(name: "LF dot CRLF is no end", input: "a\n.\r\nb\r\n.\r\n", body: "a\r\n\r\nb\r\n", bare: true),
        Case(name: "CRLF dot LF is no end", input: "a\r\n.\nb\r\n.\r\n", body: "a\r\n\r\nb\r\n", bare: true),
        Case(name: "CR dot CR is no end", input: "a\r.\rb\r\n.\r\n", body: "a . b\r\n"),
        Case(name: "CR dot LF is no end", input: "a\r.\nb\r\n.\r\n", body: "a .\r\nb\r\n", bare: true),
        Case(name: "CR dot CRLF is no end", input: "a\r.\r\nb\r\n.\r\n", body: "a .\r\nb\r\n"),
        Case(name: "CRLF dot CR is no end", input: "a\r\n.\rb\r\n.\r\n", body: "a\r\n b\r\n"),
        Case(name: "LF dot CR is no end", input: "a\n.\rb\r\n.\r\n", body: "a\r\n b\r\n", bare: true),
        Case(name: "CRCRLF dot CRCRLF is no end", input: "a\r\r\n.\r\r\nb\r\n.\r\n", body: "a \r\n \r\nb\r\n"),
        Case(name: "NUL around the dot is no end", input: "a\r\n\0.\r\n.\0\r\n.\r\n", body: "a\r\n\0.\r\n\0\r\n"),
        Case(name: "no end", input: "a\r\nb", body: nil),
        Case(name: "half an end", input: "a\r\n.\r", body: nil),
        Case(
            name: "long line",
            input: String(repeating: "x", count: 5_000) + "\r\n.\r\n",
            body: String(repeating: "x", count: 5_000) + "\r\n"
        ),
    ]

    /// Feeds the input in pieces until the message ends; also gives back what came behind it.
    private static func feed(
        _ input: String,
        by chunk: Int,
        to decoder: inout DataDecoder
    ) -> (output: ByteBuffer, rest: ByteBuffer, ended: Bool) {
        var output = ByteBuffer()
        var pending = ByteBuffer()
        var bytes = Array(input.utf8)[...]
        var ended = false
        while !ended, !bytes.isEmpty {
            pending.writeBytes(bytes.prefix(chunk))
            bytes = bytes.dropFirst(chunk)
            ended = decoder.decode(&pending, into: &output)
        }
        pending.writeBytes(bytes)
        return (output, pending, ended)
    }

    @Test(arguments: cases, [1, 2, 7, Int.max])
    func decodes(_ example: Case, chunk: Int) {
        var decoder = DataDecoder(limit: 0)
        let (output, pending, ended) = Self.feed(example.input, by: chunk, to: &decoder)
        #expect(ended == (example.body != nil))
        guard let body = example.body else { return }
        #expect(String(buffer: output) == body)
        #expect(String(buffer: pending) == example.rest)
        #expect(decoder.hasBareNewline == example.bare)
        #expect(decoder.hasLeadingDots == example.dots)
        #expect(decoder.size == body.utf8.count)
    }

    static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test(
        arguments: [
            (x(997) + "\r\n.\r\n", false), (x(998) + "\r\n.\r\n", false), (x(999) + "\r\n.\r\n", true),
            (x(500) + "\r\n" + x(500) + "\r\n.\r\n", false), (x(999) + "\na\r\n.\r\n", true),
            (x(998) + "\n" + x(998) + "\r\n.\r\n", false), (x(997) + "\r\r\n.\r\n", false),
            (x(998) + "\r\r\n.\r\n", true), (".." + x(997) + "\r\n.\r\n", false), (".." + x(998) + "\r\n.\r\n", true),
            ("a\r\n" + x(998) + "\r\n\r\n" + x(998) + "\r\n.\r\n", false), (x(400) + "\r" + x(598) + "\r\n.\r\n", true),
        ],
        [1, 2, 7, Int.max]
    )
    func noticesLongLines(_ example: (input: String, isLong: Bool), chunk: Int) {
        var decoder = DataDecoder(limit: 0)
        let (output, _, ended) = Self.feed(example.input, by: chunk, to: &decoder)
        #expect(ended)
        #expect(decoder.hasLongLines == example.isLong)
        let longest = String(buffer: output).utf8.split(separator: 10).map { $0.count - 1 }.max() ?? 0
        #expect((longest > DataDecoder.longestLine) == example.isLong)
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func throwsAwayWhatExceedsTheLimit(chunk: Int) {
        var decoder = DataDecoder(limit: 10)
        let input = String(repeating: "0123456789\r\n", count: 1_000) + ".\r\nNOOP"
        let (output, _, ended) = Self.feed(input, by: chunk, to: &decoder)
        #expect(ended)
        #expect(decoder.isTooBig)
        #expect(decoder.size == 12_000)
        #expect(output.readableBytes <= 10)
    }

    @Test(arguments: [("plain", false), ("gr\u{FC}n", true)])
    func seesEightBit(text: String, expected: Bool) {
        var decoder = DataDecoder(limit: 0)
        var output = ByteBuffer()
        var input = ByteBuffer(string: text + String(repeating: "x", count: 100) + "\r\n.\r\n")
        #expect(decoder.decode(&input, into: &output))
        #expect(decoder.isEightBit == expected)
    }

    /// Any bytes, in any pieces: the decoder never traps, and stores no bare CR or LF.
    @Test(arguments: 0..<50)
    func survivesAnything(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var decoder = DataDecoder(limit: 0)
        var output = ByteBuffer()
        var input = ByteBuffer()
        let alphabet: [UInt8] = [0x0D, 0x0A, 0x2E, 0x61, 0x00, 0xFF]
        for _ in 0..<400 {
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                input.writeInteger(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            if decoder.decode(&input, into: &output) { decoder = DataDecoder(limit: 0) }
        }
        let bytes = Array(output.readableBytesView)
        for (index, byte) in bytes.enumerated() where byte == 0x0D {
            if index + 1 >= bytes.count || bytes[index + 1] != 0x0A { Issue.record("bare CR at \(index)") }
        }
        for (index, byte) in bytes.enumerated() where byte == 0x0A {
            if index == 0 || bytes[index - 1] != 0x0D { Issue.record("bare LF at \(index)") }
        }
    }
}
