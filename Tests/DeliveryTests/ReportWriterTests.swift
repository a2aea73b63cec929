// SPDX-License-Identifier: Apache-2.0

import Delivery
import NIOCore
import Spooling
import Testing

@Suite struct ReportWriterTests {
    static func writer(
        size: Int,
        limit: Int = 50_000,
        failures: [(address: String, result: RecipientResult)] = [
            (
                "r@b.example",
                RecipientResult(
                    .bounced,
                    dsn: "5.1.1",
                    text: "host mx[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)",
                    reply: "550 5.1.1 no",
                    remote: "mx"
                )
            )
        ]
    ) -> ReportWriter {
        ReportWriter(
            hostname: "relay.example",
            quoteLimit: limit,
            envelope: Envelope(
                id: QueueID(value: 0x1234_5678_9ABC),
                sender: "s@a.example",
                recipients: [Recipient(address: "r@b.example")],
                arrival: 1_700_000_000_000,
                size: size
            ),
            failures: failures,
            now: 1_700_000_060_000
        )
    }

    @Test func isAReportAsTheStandardsWantIt() {
        let original = ByteBuffer(string: "Subject: hi\r\n\r\nbody\r\n")
        let (envelope, body) = Self.writer(size: original.readableBytes).write(quoting: original)
        #expect(envelope.sender == "")
        #expect(envelope.recipients.map(\.address) == ["s@a.example"])
        #expect(envelope.traits == [.report, .longLines])
        #expect(envelope.size == body.readableBytes)
        let expected = """
            Date: Tue, 14 Nov 2023 22:14:20 +0000 (UTC)
            From: MAILER-DAEMON@relay.example (Mail Delivery System)
            Subject: Undelivered Mail Returned to Sender
            To: s@a.example
            Auto-Submitted: auto-replied
            Message-ID: <1700000060000.123456789ABC.report@relay.example>
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status;
            \tboundary="123456789ABC.1700000060000/relay.example"

            This is a multi-part message in MIME format.

            --123456789ABC.1700000060000/relay.example
            Content-Description: Notification
            Content-Type: text/plain; charset=us-ascii

            This is the mail system at host relay.example.

            Your message did not reach the recipient named below and will not be tried again.
            It is attached in full.

            The postmaster of this host can tell you more; please send this report along.

            <r@b.example>: host mx[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO
                command)

            --123456789ABC.1700000060000/relay.example
            Content-Description: Delivery report
            Content-Type: message/delivery-status

            Reporting-MTA: dns; relay.example
            X-Relaybox-Queue-ID: 123456789ABC
            X-Relaybox-Sender: rfc822; s@a.example
            Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000 (UTC)

            Final-Recipient: rfc822; r@b.example
            Action: failed
            Status: 5.1.1
            Remote-MTA: dns; mx
            Diagnostic-Code: smtp; 550 5.1.1 no

            --123456789ABC.1700000060000/relay.example
            Content-Description: Undelivered Message
            Content-Type: message/rfc822

            Subject: hi

            body

            --123456789ABC.1700000060000/relay.example--

            """
        #expect(String(buffer: body).replacing("\r\n", with: "\n") == expected)
    }

    @Test func ofALargeMessageOnlyTheHeaderIsQuoted() {
        let original = "Subject: hi\r\nX-A: b\r\n\r\nbody\r\n"
        let writer = Self.writer(size: 1_000_000, limit: 1_000)
        #expect(writer.quotedBytes == 1_000)
        let text = String(buffer: writer.write(quoting: ByteBuffer(string: original)).body)
        #expect(text.contains("Content-Type: text/rfc822-headers\r\n\r\nSubject: hi\r\nX-A: b\r\n\r\n--"))
        #expect(!text.contains("body\r\n"))
    }

    @Test func aHeaderThatIsTooLongIsCutAtALine() {
        let writer = Self.writer(size: 1_000_000, limit: 20)
        let text = String(
            buffer: writer.write(quoting: ByteBuffer(string: "Subject: hi\r\nX-Long: abcdefgh\r\n\r\n")).body
        )
        #expect(text.contains("\r\n\r\nSubject: hi\r\n\r\n--"))
        #expect(!text.contains("X-Long"))
    }

    @Test func traitsFollowTheQuotation() {
        let original = ByteBuffer(string: "Subject: x\r\n\r\n.dot and gr\u{FC}n\r\n")
        let (envelope, body) = Self.writer(size: original.readableBytes).write(quoting: original)
        #expect(envelope.traits == [.report, .eightBit, .leadingDots, .longLines])
        #expect(String(buffer: body).contains("Content-Transfer-Encoding: 8bit\r\n"))
    }

    @Test func nothingAServerSaysBreaksOutOfItsPlace() {
        let long = String(repeating: "x", count: 5_000)
        let result = RecipientResult(.bounced, dsn: "5.0.0", text: "a\r\nX-Evil: 1 gr\u{FC}n \(long)", reply: nil)
        let report = Self.writer(size: 10, failures: [("r\r\n@b", result)]).write(
            quoting: ByteBuffer(string: "A: b\r\n\r\n")
        )
        let lines = String(buffer: report.body).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(!lines.contains { $0.hasPrefix("X-Evil") })
        #expect(lines.allSatisfy { $0.utf8.count <= 998 })
        #expect(lines.contains("Final-Recipient: rfc822; r??@b"))
        #expect(lines.contains { $0.hasPrefix("Diagnostic-Code: X-Relaybox; a??X-Evil: 1 gr?n") })
    }

    @Test func oneReportNamesAllRecipients() {
        let result = RecipientResult(.bounced, dsn: "5.1.1", text: "no")
        let failures = (0..<3).map { ("r\($0)@b", result) }
        let text = String(buffer: Self.writer(size: 10, failures: failures).write(quoting: ByteBuffer()).body)
        for number in 0..<3 { #expect(text.contains("Final-Recipient: rfc822; r\(number)@b\r\nAction: failed\r\n")) }
        #expect(text.contains("recipients named below"))
    }
}
