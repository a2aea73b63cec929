// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Reception
import Testing

struct PolicyReplyDecoderTests {
    private func decode(_ text: String, by size: Int) throws -> String? {
        var decoder = PolicyReplyDecoder()
        var stream = ByteBuffer(string: text)
        var action: String?
        while let piece = stream.readSlice(length: min(size, stream.readableBytes)), piece.readableBytes > 0 {
            if let found = try decoder.received(piece) { action = found }
        }
        return action
    }

    /// Answers, and the action in them.
    static let answers: [(text: String, action: String?)] = [
        ("action=DUNNO\n\n", "DUNNO"), ("action=550 5.7.1 go = away\n\n", "550 5.7.1 go = away"),
        ("action=OK\r\n\r\n", "OK"), ("flags=1\naction=REJECT\nother=\n\n", "REJECT"),
        ("action=OK\naction=REJECT\n\n", "REJECT"), ("action=\n\n", ""), ("action=DUNNO\n", nil), ("action=DU", nil),
        ("", nil),
        ("action=REJECT a\u{1}b\tc\n\n", "REJECT a b c"), ("action=PREPEND X: grüß\n\n", "PREPEND X: grüß"),
    ]

    @Test(arguments: answers, [1, 2, 7, Int.max])
    func theActionIsFound(_ answer: (text: String, action: String?), size: Int) throws {
        #expect(try decode(answer.text, by: size) == answer.action)
    }

    @Test func answersFollowOneAnother() throws {
        var decoder = PolicyReplyDecoder()
        #expect(try decoder.received(ByteBuffer(string: "action=OK\n\n")) == "OK")
        #expect(try decoder.received(ByteBuffer(string: "action=DUNNO\n\n")) == "DUNNO")
        #expect(throws: PolicyReplyDecoder.Failure.missingAction) { try decoder.received(ByteBuffer(string: "\n")) }
    }

    static let mistakes: [(text: String, failure: PolicyReplyDecoder.Failure)] = [
        ("\n", .missingAction), ("flags=1\n\n", .missingAction),
        ("220 mail ESMTP\r\n", .malformed("220 mail ESMTP\\r")),
        ("action=OK\n\naction=OK\n\n", .leftOver), (String(repeating: "a", count: 16_385), .tooLong),
        (String(repeating: "a=b\n", count: 4_097), .tooLong),
    ]

    @Test(arguments: mistakes)
    func whatIsNoAnswerIsSaid(_ mistake: (text: String, failure: PolicyReplyDecoder.Failure)) {
        #expect(throws: mistake.failure) { try decode(mistake.text, by: .max) }
    }
}
