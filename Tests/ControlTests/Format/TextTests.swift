// SPDX-License-Identifier: Apache-2.0
// why: one table each for the small files of Format.

import Control
import NIOCore
import Spooling
import Testing

@Suite struct TextTests {
    @Test(
        arguments: [
            (0, 0, "Thu Jan  1 00:00:00", "01/Jan/1970:00:00:00.000"),
            (951_782_400_000, 0, "Tue Feb 29 00:00:00", "29/Feb/2000:00:00:00.000"),
            (1_795_555_912_746, 0, "Tue Nov 24 21:31:52", "24/Nov/2026:21:31:52.746"),
            (1_795_555_912_746, 3_600, "Tue Nov 24 22:31:52", "24/Nov/2026:22:31:52.746"),
            (-1, 0, "Wed Dec 31 23:59:59", "31/Dec/1969:23:59:59.999"),
        ] as [(Int64, Int, String, String)]
    )
    func dates(time: Int64, offset: Int, mailq: String, haproxy: String) {
        let date = CalendarTime(time, offset: offset)
        #expect(date.mailq == mailq)
        #expect(date.haproxy == haproxy)
    }

    @Test(arguments: [Int64.min, .max])
    func absurdTimesDoNotTrap(time: Int64) {
        #expect(!CalendarTime(time, offset: .max).mailq.isEmpty)
    }

    @Test(arguments: [(0, "0s"), (59, "59s"), (168, "2m48s"), (11_100, "3h5m"), (187_200, "2d4h"), (-5, "0s")])
    func durations(seconds: Int, text: String) {
        #expect(DurationText.short(seconds) == text)
    }

    @Test(arguments: [
        ("a\"b\\c", #""a\"b\\c""#), ("line\nbreak\t\r", #""line\nbreak\t\r""#), ("\u{1}\u{7F}", "\"\\u0001\\u007f\""),
        ("é", "\"é\""),
    ])
    func jsonStrings(text: String, json: String) {
        #expect(JSONText.string(text) == json)
    }

    @Test(arguments: [1, 2, 7, .max], [false, true])
    func bodiesNeverHoldAnEmptyLine(chunk: Int, headersOnly: Bool) {
        let message = "Subject: x\r\nTo: y\r\n\r\nline\r\n\r\n\n.\r\nbare\rreturn\r\n\r\nend"
        var lines = BodyLines(headersOnly: headersOnly)
        var text = ""
        var rest = Array(message.utf8)[...]
        while !rest.isEmpty {
            text += String(buffer: lines.take(ByteBuffer(bytes: rest.prefix(chunk))))
            rest = rest.dropFirst(chunk)
        }
        text += String(buffer: lines.finish())
        let expected =
            headersOnly
            ? "|Subject: x\n|To: y\n"
            : "|Subject: x\n|To: y\n|\n|line\n|\n|\n|.\n|bare\rreturn\n|\n|end\n"
        #expect(text == expected)
    }

    @Test func listingsLookLikeMailq() {
        let envelope = Envelope(
            id: QueueID(value: 0x6_5AB3_C4D5_E6F7),
            sender: "a@example.org",
            recipients: [
                Recipient(address: "b@example.net", attempts: 1, reason: "451 try later\n"),
                Recipient(address: "c@example.net", state: .delivered),
                Recipient(address: "d@example.net"),
            ],
            arrival: 1_795_555_912_746,
            size: 4_096,
            held: true
        )
        let text = QueueText.listing(envelope, zoneOffset: 0)
        #expect(
            text
                == """
                65AB3C4D5E6F7!        4096 Tue Nov 24 21:31:52 a@example.org
                                                                              (451 try later?)
                                                               b@example.net
                                                               d@example.net

                """.replacingIndent()
        )
    }

    @Test(arguments: [
        (0, 0, "Mail queue is empty\n"), (1, 4_096, "-- 4 Kbytes in 1 Request.\n"),
        (2, 1, "-- 1 Kbytes in 2 Requests.\n"),
    ])
    func totals(messages: Int, bytes: Int, text: String) {
        #expect(QueueText.total(messages: messages, bytes: bytes) == text)
    }
}

extension String {
    /// Recipients stand in column 47, reasons end in column 78: what the literal above cannot show within 120 columns.
    fileprivate func replacingIndent() -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = line.drop { $0 == " " }
            guard line.hasPrefix("   ") else { return String(line) }
            let column = text.hasPrefix("(") ? 78 - text.count : 47
            return String(repeating: " ", count: column) + text
        }.joined(separator: "\n")
    }
}
