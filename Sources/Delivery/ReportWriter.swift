// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import SMTP
package import Spooling

/// A non-delivery report to the sender: what failed and why, for people and for programs, and what it was about
/// (RFC 3464, RFC 6522; the manner is Postfix's).
package struct ReportWriter: Sendable {
    private let hostname: String
    private let quoteLimit: Int
    private let envelope: Envelope
    private let failures: [(address: String, result: RecipientResult)]
    private let now: Int64

    /// - Parameters:
    ///   - quoteLimit: bytes of the original that are quoted; of a larger message only the header is, up to as many.
    ///   - envelope: of the message that failed.
    ///   - failures: the recipients that failed.
    ///   - now: milliseconds since 1970.
    package init(
        hostname: String,
        quoteLimit: Int,
        envelope: Envelope,
        failures: [(address: String, result: RecipientResult)],
        now: Int64
    ) {
        self.hostname = hostname
        self.quoteLimit = quoteLimit
        self.envelope = envelope
        self.failures = failures
        self.now = now
    }

    /// Whether the whole message is quoted.
    private var quotesAll: Bool { envelope.size <= quoteLimit }

    /// How many bytes of the original `write` wants to see.
    package var quotedBytes: Int { max(0, min(envelope.size, quoteLimit)) }

    /// The report's envelope and body, given the first `quotedBytes` of the original.
    package func write(quoting original: ByteBuffer) -> (envelope: Envelope, body: ByteBuffer) {
        let boundary = "\(envelope.id).\(now)/\(hostname)"
        let messageID = "<\(now).\(envelope.id).report@\(hostname)>"
        let quote = quotation(of: original)
        let isEightBit = quote.readableBytesView.contains { $0 > 127 }
        var body = ByteBuffer()
        body.reserveCapacity(2_048 + failures.count * 512 + quote.readableBytes)
        let sender = ReportWriter.clean(envelope.sender)
        line(&body, "Date: \(InternetDate(milliseconds: now))")
        line(&body, "From: MAILER-DAEMON@\(hostname) (Mail Delivery System)")
        line(&body, "Subject: Undelivered Mail Returned to Sender")
        line(&body, "To: \(sender)")
        line(&body, "Auto-Submitted: auto-replied")
        line(&body, "Message-ID: \(messageID)")
        line(&body, "MIME-Version: 1.0")
        line(&body, "Content-Type: multipart/report; report-type=delivery-status;")
        line(&body, "\tboundary=\"\(boundary)\"")
        if isEightBit { line(&body, "Content-Transfer-Encoding: 8bit") }
        line(&body, "")
        line(&body, "This is a multi-part message in MIME format.")
        part(&body, boundary, "Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii")
        writeText(&body)
        part(&body, boundary, "Content-Description: Delivery report", "Content-Type: message/delivery-status")
        writeStatus(&body)
        part(
            &body,
            boundary,
            quotesAll ? "Content-Description: Undelivered Message" : "Content-Description: Undelivered Message Headers",
            quotesAll ? "Content-Type: message/rfc822" : "Content-Type: text/rfc822-headers",
            isEightBit ? "Content-Transfer-Encoding: 8bit" : nil
        )
        var quoted = quote
        body.writeBuffer(&quoted)
        line(&body, "")
        line(&body, "--\(boundary)--")
        return (reportEnvelope(body, messageID, isEightBit: isEightBit), body)
    }

    private func reportEnvelope(_ body: ByteBuffer, _ messageID: String, isEightBit: Bool) -> Envelope {
        // why: nobody has looked for long lines in what is quoted.
        var traits: BodyTraits = [.report, .longLines]
        if isEightBit { traits.insert(.eightBit) }
        if ReportWriter.hasLeadingDot(body) { traits.insert(.leadingDots) }
        return Envelope(
            id: envelope.id,
            sender: "",
            recipients: [Recipient(address: envelope.sender)],
            arrival: now,
            size: body.readableBytes,
            traits: traits,
            messageID: messageID
        )
    }

    // MARK: the parts

    private func writeText(_ body: inout ByteBuffer) {
        line(&body, "This is the mail system at host \(hostname).")
        line(&body, "")
        line(
            &body,
            failures.count == 1
                ? "Your message did not reach the recipient named below and will not be tried again."
                : "Your message did not reach the recipients named below and will not be tried again."
        )
        line(&body, quotesAll ? "It is attached in full." : "Its header is attached.")
        line(&body, "")
        line(&body, "The postmaster of this host can tell you more; please send this report along.")
        for failure in failures {
            line(&body, "")
            for text in folded("<\(ReportWriter.clean(failure.address))>: \(ascii(failure.result.text))") {
                line(&body, text)
            }
        }
    }

    private func writeStatus(_ body: inout ByteBuffer) {
        line(&body, "Reporting-MTA: dns; \(hostname)")
        line(&body, "X-Relaybox-Queue-ID: \(envelope.id)")
        line(&body, "X-Relaybox-Sender: rfc822; \(ReportWriter.clean(envelope.sender))")
        line(&body, "Arrival-Date: \(InternetDate(milliseconds: envelope.arrival))")
        for failure in failures {
            line(&body, "")
            line(&body, "Final-Recipient: rfc822; \(ReportWriter.clean(failure.address))")
            line(&body, "Action: failed")
            line(&body, "Status: \(failure.result.dsn)")
            if let remote = failure.result.remote { line(&body, "Remote-MTA: dns; \(remote)") }
            let reply = failure.result.reply.map { "smtp; \(ascii($0))" }
            for text in folded("Diagnostic-Code: \(reply ?? "X-Relaybox; \(ascii(failure.result.text))")") {
                line(&body, text)
            }
        }
    }

    /// The whole original, or its header cut after the last whole line.
    private func quotation(of original: ByteBuffer) -> ByteBuffer {
        var quote = original
        if quote.readableBytes > quotedBytes { quote.moveWriterIndex(to: quote.readerIndex + quotedBytes) }
        guard !quotesAll else { return quote }
        let view = quote.readableBytesView
        var end = view.startIndex
        var lineStart = view.startIndex
        while let newline = view[lineStart...].firstIndex(of: 0x0A) {
            let length = newline - lineStart
            if length == 0 || (length == 1 && view[lineStart] == 0x0D) { break }
            end = newline + 1
            lineStart = end
        }
        quote.moveWriterIndex(to: quote.readerIndex + (end - view.startIndex))
        return quote
    }

    private func part(_ body: inout ByteBuffer, _ boundary: String, _ headers: String?...) {
        line(&body, "")
        line(&body, "--\(boundary)")
        for header in headers { if let header { line(&body, header) } }
        line(&body, "")
    }

    private func line(_ body: inout ByteBuffer, _ text: String) {
        body.writeString(text)
        body.writeStaticString("\r\n")
    }

    // MARK: text

    /// Breaks a text at blanks into lines of about 76 characters, the later ones indented (a folded header field).
    private func folded(_ text: String) -> [String] {
        var lines: [String] = []
        var current = ""
        for word in text.split(separator: " ") {
            if !current.isEmpty, current.utf8.count + word.utf8.count >= 76, !current.allSatisfy({ $0 == " " }) {
                lines.append(current)
                current = "    "
            } else if !current.isEmpty, current != "    " {
                current += " "
            }
            current += cut(word)
        }
        lines.append(current)
        return lines
    }

    /// A word of at most 900 bytes: longer lines than 998 may not be sent (RFC 5322 section 2.1.1).
    private func cut(_ word: Substring) -> Substring {
        word.utf8.count <= 900 ? word : word.prefix(225)
    }

    private func ascii(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
    }

    /// An address that cannot break out of its header field.
    private static func clean(_ address: String) -> String {
        String(String.UnicodeScalarView(address.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }

    private static func hasLeadingDot(_ body: ByteBuffer) -> Bool {
        var atLineStart = true
        for byte in body.readableBytesView {
            if atLineStart, byte == 0x2E { return true }
            atLineStart = byte == 0x0A
        }
        return false
    }
}
