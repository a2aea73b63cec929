// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import Testing

struct TransactionTrackerTests {
    /// `C` and `S` say who speaks; the sign behind says whether the session may end then: `+`, `-`, or `?` where it can no
    /// longer be read.
    struct Step: Sendable, ExpressibleByStringLiteral, CustomTestStringConvertible {
        let isClient: Bool
        let sign: Character
        let bytes: String

        init(stringLiteral text: String) {
            isClient = text.first == "C"
            sign = text.dropFirst().first ?? " "
            bytes = String(text.dropFirst(3))
        }

        var testDescription: String { (isClient ? "C: " : "S: ") + bytes.debugDescription }
    }

    static func greeted(_ steps: [Step]) -> [Step] {
        ["S+ 220 hi\r\n", "C- EHLO c\r\n", "S- 250-a\r\n", "S+ 250 STARTTLS\r\n"] + steps
    }

    static let dialogues: [(String, [Step])] = [
        ("before the greeting", ["S- 220-wait\r\n", "S- 220 ", "S+ hi\r\n"]),
        ("a client that does not wait for it", ["C- EHLO c\r\n", "S- 220 hi\r\n", "S+ 250 a\r\n"]),
        ("half a command", greeted(["C- NOO", "C- P\r\n", "S+ 250 ok\r\n"])),
        (
            "one by one",
            greeted([
                "C- MAIL FROM:<a@b>\r\n", "S+ 250 ok\r\n", "C- RCPT TO:<c@d>\r\n", "S+ 250 ok\r\n", "C- DATA\r\n",
                "S- 354 go\r\n", "C- Subject: x\r\n\r\n250 not a reply\r\n..\r\n", "C- last line\r\n.", "C- \r\n",
                "S+ 250 queued\r\n", "C- QUIT\r\n", "S+ 221 bye\r\n",
            ])
        ),
        (
            "in a group, the next group behind the dot",
            greeted([
                "C- MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n", "S- 250 ok\r\n250 ok\r\n",
                "S- 550 no\r\n", "S- 354 go\r\n", "C- text\r\n.\r\nRSET\r\nMAIL FROM:<>\r\n", "S- 250 queued\r\n",
                "S- 250 reset\r\n", "S+ 250 ok\r\n",
            ])
        ),
        (
            "QUIT behind the dot",
            greeted(["C- DATA\r\n", "S- 354 go\r\n", "C- .\r\nQUIT\r\n", "S- 250 queued\r\n", "S+ 221 bye\r\n"])
        ),
        (
            "a chunk behind the dot that ends as a message does",
            greeted([
                "C- DATA\r\n", "S- 354 go\r\n", "C- text\r\n.\r\nMAIL FROM:<a@b>\r\nBDAT 9 LAST\r\nabcd\r\n.\r\n",
                "S- 250 queued\r\n", "S- 250 ok\r\n", "S+ 250 queued\r\n",
            ])
        ),
        (
            "no recipient: DATA is refused",
            greeted([
                "C- MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "S- 250 ok\r\n", "S- 550 no\r\n",
                "S+ 554 no recipients\r\n",
            ])
        ),
        (
            "an answer before the dot leaves the count open until the next message",
            greeted([
                "C- DATA\r\n", "S- 354 go\r\n", "C- some text\r\n", "S- 452 full\r\n", "C- more\r\n.\r\n",
                "S- 500 what\r\n", "C- DATA\r\n", "S- 354 go\r\n", "C- x\r\n.\r\n", "S+ 250 queued\r\n",
            ])
        ),
        (
            "chunks, sent without waiting",
            greeted([
                "C- MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 8\r\n12\r\n5", "S- 250 ok\r\n250 ok\r\n",
                "C- 678BDAT 4 LAST\r\n\r\n", "S- 250 8 octets\r\n", "C- \n.", "S+ 250 queued\r\n",
                "C- bdat 0 last\r\n", "S+ 503 no mail\r\n",
            ])
        ),
        (
            "a message in chunks is under way between them",
            greeted(["C- BDAT 3\r\nabc", "S- 250 ok\r\n", "C- RSET\r\n", "S+ 250 ok\r\n"])
        ),
        (
            "authentication",
            greeted([
                "C- AUTH LOGIN\r\n", "S- 334 VXNlcm5hbWU6\r\n", "C- STARTTLS\r\n", "S- 334 UGFzc3dvcmQ6\r\n",
                "C- c2VjcmV0\r\n", "S+ 235 ok\r\n",
            ])
        ),
        ("STARTTLS", greeted(["C- STARTTLS\r\n", "S? 220 go\r\n", "C? \u{16}\u{3}\u{1}", "S? 250 looks like it\r\n"])),
        (
            "STARTTLS that is refused",
            greeted(["C- starttls\r\n", "S+ 454 not now\r\n", "C- NOOP\r\n", "S+ 250 ok\r\n"])
        ),
        ("more behind STARTTLS", greeted(["C- STARTTLS\r\n", "C? NOOP\r\n"])),
        ("something else than SMTP", greeted(["S? * OK\r\n"])),
        ("no code", greeted(["S? 25 ok\r\n"])),
        ("no chunk", greeted(["C? BDAT 99999999999999999999 LAST\r\n"])),
        ("more answers than questions", greeted(["S+ 250 ok\r\n", "C- NOOP\r\n", "S+ 250 ok\r\n"])),
    ]

    @Test(arguments: dialogues, [1, 2, 7, Int.max])
    func knowsWhenNothingIsUnderWay(dialogue: (String, [Step]), piece: Int) {
        var tracker = TransactionTracker()
        for step in dialogue.1 {
            for bytes in Self.cut(Array(step.bytes.utf8), piece) {
                let buffer = ByteBuffer(bytes: bytes)
                if step.isClient { tracker.clientSent(buffer) } else { tracker.serverSent(buffer) }
            }
            let found: Character = tracker.isReadable ? tracker.isAtBoundary ? "+" : "-" : "?"
            #expect(found == step.sign, "\(dialogue.0), by \(piece): after \(step.testDescription)")
        }
    }

    /// Content of any length costs a window of it, and the commands behind its end are found as long as they fit.
    @Test(arguments: [0, 900, 1_020, 2_000], [1, 1_000, Int.max])
    func looksAtTheEndOfContent(behind: Int, piece: Int) {
        var tracker = TransactionTracker()
        for text in ["220 hi\r\n"] { tracker.serverSent(ByteBuffer(string: text)) }
        tracker.clientSent(ByteBuffer(string: "DATA\r\n"))
        tracker.serverSent(ByteBuffer(string: "354 go\r\n"))
        let content = String(repeating: "0123456789\r\n", count: 1_000) + ".\r\n"
        let command = behind == 0 ? "" : "NOOP " + String(repeating: "x", count: behind - 7) + "\r\n"
        for bytes in Self.cut(Array((content + command).utf8), piece) { tracker.clientSent(ByteBuffer(bytes: bytes)) }
        #expect(!tracker.isAtBoundary)
        tracker.serverSent(ByteBuffer(string: "250 queued\r\n"))
        #expect(tracker.isAtBoundary == (behind == 0))
        tracker.serverSent(ByteBuffer(string: "250 ok\r\n"))
        #expect(tracker.isAtBoundary == (behind < TransactionTracker.window - 5))
    }

    private static func cut(_ bytes: [UInt8], _ piece: Int) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: min(piece, max(1, bytes.count))).map {
            bytes[$0..<min(bytes.count, $0 + min(piece, bytes.count))]
        }
    }
}
