// SPDX-License-Identifier: Apache-2.0

/// Everything the queue knows of a message but its body.
package struct Envelope: Sendable, Equatable {
    /// Drawn by the spool when the draft was opened; never used again, also after a restart.
    package var id: QueueID
    /// The reverse path without angle brackets; empty for the null sender of reports.
    package var sender: String
    /// In the order of RCPT; outcomes refer to them by their places.
    package var recipients: [Recipient]
    /// When the message was committed, milliseconds since 1970.
    package var arrival: Int64
    /// Bytes of the body as stored: the trace header included, dot-stuffing and the final dot not.
    package var size: Int
    /// What the body asks of a server, found while it was received.
    package var traits: BodyTraits
    /// The value of the Message-ID header for the log, angle brackets included; empty when the message has none.
    package var messageID: String
    /// The client as `name[address]`, as log lines show it; empty for a message made here.
    package var client: String
    /// Whether an operator holds the message back: nothing of it is attempted until it is released.
    package var held: Bool
    /// Where all recipients go first, as `[host]:port`, wherever they would go otherwise (Postfix: content_filter); empty:
    /// nowhere else.
    package var filter: String

    /// An envelope as MAIL and RCPT gave it; the spool sets id, size and arrival.
    package init(
        id: QueueID,
        sender: String,
        recipients: [Recipient],
        arrival: Int64,
        size: Int,
        traits: BodyTraits = [],
        messageID: String = "",
        client: String = "",
        held: Bool = false,
        filter: String = ""
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.arrival = arrival
        self.size = size
        self.traits = traits
        self.messageID = messageID
        self.client = client
        self.held = held
        self.filter = filter
    }
}

/// What delivery must know of a body without reading it.
package struct BodyTraits: OptionSet, Sendable, Equatable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// A line of the body begins with a dot, so it must be dot-stuffed on the way out.
    package static let leadingDots = BodyTraits(rawValue: 1)
    /// The body has bytes above 127 (or was declared BODY=8BITMIME).
    package static let eightBit = BodyTraits(rawValue: 2)
    /// The body does not end in CRLF, so one goes out before the final dot.
    package static let unterminated = BodyTraits(rawValue: 4)
    /// The message is a report made here: it never causes another one.
    package static let report = BodyTraits(rawValue: 8)
    /// A line of the body may have more than 998 bytes without its end.
    package static let longLines = BodyTraits(rawValue: 16)
}

/// One recipient of a message and how far its delivery has come.
package struct Recipient: Sendable, Equatable {
    /// What is to happen to the recipient.
    package enum State: Int, Sendable, Equatable {
        /// Not delivered yet; `due` says when it is tried next.
        case pending = 0
        /// Delivered; final.
        case delivered = 1
        /// Refused for good, or expired; final once the sender has been told.
        case failed = 2
    }

    /// The forward path without angle brackets.
    package var address: String
    /// Final but for `pending`.
    package var state: State
    /// When the next attempt may begin, milliseconds since 1970.
    package var due: Int64
    /// Attempts made so far.
    package var attempts: Int
    /// The last reply or local reason, on one line; empty before the first attempt.
    package var reason: String

    /// A recipient that was not tried yet; `due` 0 is made the time of the commit.
    package init(address: String, state: State = .pending, due: Int64 = 0, attempts: Int = 0, reason: String = "") {
        self.address = address
        self.state = state
        self.due = due
        self.attempts = attempts
        self.reason = reason
    }
}
