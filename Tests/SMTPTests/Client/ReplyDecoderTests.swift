// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Testing

@Suite struct ReplyDecoderTests {
    /// Feeds `text` in pieces of `chunk` bytes; returns the replies and the failure that ended them.
    static func decode(
        _ text: String,
        chunk: Int,
        limit: Int = 1_000
    ) -> (replies: [Reply], failure: ReplyDecoder.Failure?, isEmpty: Bool) {
        var decoder = ReplyDecoder(limit: limit)
        var replies: [Reply] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let end = chunk == .max ? bytes.count : min(index + chunk, bytes.count)
            decoder.received(ByteBuffer(bytes: bytes[index..<end]))
            index = end
            do throws(ReplyDecoder.Failure) {
                while let reply = try decoder.next() { replies.append(reply) }
            } catch {
                return (replies, error, decoder.isEmpty)
            }
        }
        return (replies, nil, decoder.isEmpty)
    }

    struct Good: Sendable, CustomStringConvertible {
        let text: String
        let replies: [Reply]
        var description: String { text.debugDescription }
    }

    static let good: [Good] = [
        Good(text: "220 mx.example ESMTP\r\n", replies: [Reply(220, nil, "mx.example ESMTP")]),
        Good(text: "250 2.1.0 Ok\r\n", replies: [Reply(250, EnhancedStatus(2, 1, 0), "Ok")]),
        Good(text: "250 2.1.0 Ok\n", replies: [Reply(250, EnhancedStatus(2, 1, 0), "Ok")]),
        Good(text: "354 3.0.0 go\r\n", replies: [Reply(354, nil, "3.0.0 go")]),
        Good(text: "250\r\n", replies: [Reply(250, nil, "")]),
        Good(text: "250 \r\n", replies: [Reply(250, nil, "")]),
        Good(text: "550 4.1.1 class differs\r\n", replies: [Reply(550, nil, "4.1.1 class differs")]),
        Good(text: "550 5.1.1\r\n", replies: [Reply(550, EnhancedStatus(5, 1, 1), "")]),
        Good(text: "550 5.1.1234 x\r\n", replies: [Reply(550, nil, "5.1.1234 x")]),
        Good(text: "550 5.123.123 x\r\n", replies: [Reply(550, EnhancedStatus(5, 123, 123), "x")]),
        Good(text: "550 5..1 x\r\n", replies: [Reply(550, nil, "5..1 x")]),
        Good(text: "220 2 many words\r\n", replies: [Reply(220, nil, "2 many words")]),
        Good(
            text: "250-mx\r\n250-PIPELINING\r\n250 SIZE 10\r\n",
            replies: [Reply(250, lines: ["mx", "PIPELINING", "SIZE 10"])]
        ),
        Good(text: "250-\r\n250-\r\n250\r\n", replies: [Reply(250, lines: ["", "", ""])]),
        Good(
            text: "550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.2 three\r\n",
            replies: [Reply(550, EnhancedStatus(5, 7, 1), lines: ["one", "two", "5.7.2 three"])]
        ),
        Good(
            text: "550-no code\r\n550 5.7.1 two\r\n",
            replies: [Reply(550, lines: ["no code", "5.7.1 two"])]
        ),
        Good(
            text: "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n",
            replies: [
                Reply(250, EnhancedStatus(2, 1, 0), "Ok"), Reply(250, EnhancedStatus(2, 1, 5), "Ok"),
                Reply(354, nil, "go"),
            ]
        ),
        Good(text: "550 a\u{1B}[2Jb\tc\u{0}\r\n", replies: [Reply(550, nil, "a?[2Jb?c?")]),
        Good(text: "550 gr\u{FC}n\r\n", replies: [Reply(550, nil, "gr\u{FC}n")]),
    ]

    @Test(arguments: good, [1, 2, 7, .max])
    func readsReplies(_ example: Good, chunk: Int) {
        let (replies, failure, isEmpty) = ReplyDecoderTests.decode(example.text, chunk: chunk)
        #expect(failure == nil)
        #expect(isEmpty)
        #expect(replies == example.replies)
    }

    struct Bad: Sendable, CustomStringConvertible {
        let text: String
        let failure: ReplyDecoder.Failure
        var description: String { text.debugDescription }
    }

    static let bad: [Bad] = [
        Bad(text: "HTTP/1.1 400 Bad Request\r\n", failure: .malformed("HTTP/1.1 400 Bad Request")),
        Bad(text: "\r\n", failure: .malformed("")),
        Bad(text: "25 Ok\r\n", failure: .malformed("25 Ok")),
        Bad(text: "2500 Ok\r\n", failure: .malformed("2500 Ok")),
        Bad(text: "199 no\r\n", failure: .malformed("199 no")),
        Bad(text: "600 no\r\n", failure: .malformed("600 no")),
        Bad(text: "250_no\r\n", failure: .malformed("250_no")),
        Bad(text: "2x0 no\r\n", failure: .malformed("2x0 no")),
        Bad(text: "250-one\r\n251 two\r\n", failure: .malformed("251 two")),
        Bad(text: "250-one\r\n\r\n", failure: .malformed("")),
        Bad(text: "\u{0}\u{1}\u{2}\r\n", failure: .malformed("???")),
        Bad(
            text: String(repeating: "x", count: 150) + "\r\n",
            failure: .malformed(String(repeating: "x", count: 100))
        ),
        Bad(text: "250 " + String(repeating: "x", count: 300) + "\r\n", failure: .tooLong(limit: 200)),
        Bad(text: String(repeating: "y", count: 300), failure: .tooLong(limit: 200)),
        Bad(text: String(repeating: "250-x\r\n", count: 40), failure: .tooLong(limit: 200)),
    ]

    @Test(arguments: bad, [1, 2, 7, .max])
    func refusesWhatIsNoReply(_ example: Bad, chunk: Int) {
        let (replies, failure, _) = ReplyDecoderTests.decode(example.text, chunk: chunk, limit: 200)
        #expect(replies.isEmpty)
        #expect(failure == example.failure)
    }

    @Test func failsForEver() throws {
        var decoder = ReplyDecoder(limit: 100)
        decoder.received(ByteBuffer(string: "garbage\r\n250 Ok\r\n"))
        #expect(throws: ReplyDecoder.Failure.malformed("garbage")) { try decoder.next() }
        decoder.received(ByteBuffer(string: "250 Ok\r\n"))
        #expect(throws: ReplyDecoder.Failure.malformed("garbage")) { try decoder.next() }
        #expect(!decoder.isEmpty)
    }

    @Test func theLimitIsOfOneReply() throws {
        let text = String(repeating: "250 Ok\r\n", count: 100)
        let (replies, failure, _) = ReplyDecoderTests.decode(text, chunk: .max, limit: 20)
        #expect(replies.count == 100)
        #expect(failure == nil)
    }

    @Test func knowsWhetherSomethingIsLeft() throws {
        var decoder = ReplyDecoder(limit: 100)
        #expect(decoder.isEmpty)
        decoder.received(ByteBuffer(string: "250-a\r\n"))
        #expect(try decoder.next() == nil)
        #expect(!decoder.isEmpty)
        decoder.received(ByteBuffer(string: "250 b\r\n2"))
        #expect(try decoder.next() == Reply(250, lines: ["a", "b"]))
        #expect(!decoder.isEmpty)
    }
}
