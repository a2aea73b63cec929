// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct ReplyTrackerTests {
    @Test(arguments: [
        ([], true),
        (["220 hi\r\n"], true),
        (["250-a\r\n250 b\r\n"], true),
        (["250-a\r\n"], true),
        (["250 ok"], false),
        (["250 ok", "\r\n"], true),
        (["25", "0 ok\r\n2"], false),
        (["221 bye\r\n"], false),
        (["250 ok\r\n421 4.3.2 ending\r\n"], false),
        (["521 no\r\n"], false),
        (["421 4.3.2 ending\r\n", "250 after all\r\n"], true),
        (["554 5.7.1 no\r\n"], true),
        // TLS after STARTTLS: never again.
        (["220 go\r\n", "\u{16}\u{3}\u{3}", "250 looks like it\r\n"], false),
        (["220 go\r\n", "\u{17}\n"], false),
    ])
    func tellsWhereAWordFits(pieces: [String], expected: Bool) {
        var tracker = ReplyTracker()
        for piece in pieces { tracker.sent(ByteBuffer(string: piece)) }
        #expect(tracker.takesWords == expected)
    }

    /// However the bytes are cut, the place is the same once they are all there.
    @Test(arguments: [1, 2, 7, Int.max])
    func anySplitIsTheSamePlace(chunk: Int) {
        var tracker = ReplyTracker()
        let bytes = Array("220-a\r\n220 b\r\n250 ok\r\n".utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, chunk > bytes.count ? bytes.count : start + chunk)
            tracker.sent(ByteBuffer(bytes: bytes[start..<end]))
            start = end
        }
        #expect(tracker.takesWords)
    }

    @Test func anEndlessLineIsNoPlace() {
        var tracker = ReplyTracker()
        tracker.sent(ByteBuffer(string: "221 " + String(repeating: "x", count: 100_000)))
        #expect(!tracker.takesWords)
        tracker.sent(ByteBuffer(string: "\r\n"))
        #expect(tracker.takesWords)
        #expect(!tracker.saidFarewell)
    }
}
