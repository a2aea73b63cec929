// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

extension DialogueMachine {
    /// The envelope a dialogue carries.
    package struct Transaction: Sendable, Equatable {
        /// The reverse path without angle brackets.
        package var sender: String
        /// The forward paths without angle brackets; at least one.
        package var recipients: [String]
        /// Bytes of the message, for SIZE.
        package var size: Int
        /// Whether the message has bytes above 127. A server without 8BITMIME gets such a message as it is.
        package var eightBit: Bool
        /// Whom a server that offers XFORWARD is told the message is from; nil: nobody.
        package var client: ForwardedClient?

        /// One message for one server. `size` in bytes without dot-stuffing.
        package init(
            sender: String,
            recipients: [String],
            size: Int,
            eightBit: Bool,
            client: ForwardedClient? = nil
        ) {
            self.sender = sender
            self.recipients = recipients
            self.size = size
            self.eightBit = eightBit
            self.client = client
        }
    }

    /// A transaction under way.
    struct Exchange: Sendable {
        var transaction: Transaction
        var verdicts: [Verdict?]
        /// Replies seen so far: 0 none, 1 MAIL's, 1 + n the n-th RCPT's.
        var replies = 0
        var accepted = 0
        /// Commands in front of MAIL that have no reply yet; what it says does not matter.
        var prelude: [String] = []
        /// Whether every command is out already.
        var isPipelined: Bool
        var isMailRefused = false

        init(_ transaction: Transaction, isPipelined: Bool) {
            self.transaction = transaction
            self.isPipelined = isPipelined
            verdicts = Array(repeating: nil, count: transaction.recipients.count)
        }

        var step: DialogueStep {
            if replies == 0 { return .mail }
            return replies <= transaction.recipients.count ? .recipient : .data
        }

        /// The verdicts, with `verdict` for everyone who has none yet.
        func completed(with verdict: Verdict) -> [Verdict] {
            verdicts.map { $0 ?? verdict }
        }
    }
}

extension DialogueMachine.Transaction {
    /// MAIL, with the parameters that the server offered.
    func writeMail(to server: PeerExtensions, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("MAIL FROM:<")
        buffer.writeString(sender)
        buffer.writeStaticString(">")
        if server.size {
            buffer.writeStaticString(" SIZE=")
            buffer.writeString(String(size))
        }
        if eightBit, server.eightBitMIME {
            buffer.writeStaticString(" BODY=8BITMIME")
        }
        buffer.writeStaticString("\r\n")
    }

    static func writeRecipient(_ recipient: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("RCPT TO:<")
        buffer.writeString(recipient)
        buffer.writeStaticString(">\r\n")
    }
}
