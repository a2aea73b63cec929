// SPDX-License-Identifier: Apache-2.0

package import Spooling

/// Prints messages of the queue: in the shape of Postfix's mailq, as JSON lines, and one message with all its recipients.
///
/// None of them ever prints an empty line, because that one ends an answer; the client puts them in for people.
package enum QueueText {
    /// The first line of a list that is not empty.
    package static let header =
        "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"

    /// Columns before an address.
    private static let indent = 47
    /// Columns of a line; reasons stand at its end.
    private static let width = 78

    /// A message and its recipients that still wait, as mailq lists them; `!` marks a held one, `*` one that delivery has
    /// in memory.
    package static func listing(_ envelope: Envelope, zoneOffset: Int, isActive: Bool = false) -> String {
        let mark = envelope.held ? "!" : isActive ? "*" : ""
        let id = PlainText.pad("\(envelope.id)\(mark)", to: 17)
        let time = CalendarTime(envelope.arrival, offset: zoneOffset)
        let sender = envelope.sender.isEmpty ? "MAILER-DAEMON" : PlainText.printable(envelope.sender)
        var text = "\(id) \(PlainText.pad("\(envelope.size)", to: 8, right: true)) \(time.mailq) \(sender)\n"
        var reason = ""
        for recipient in envelope.recipients where recipient.state == .pending {
            if recipient.reason != reason, !recipient.reason.isEmpty {
                text += PlainText.pad("(\(PlainText.printable(recipient.reason)))", to: width, right: true) + "\n"
            }
            reason = recipient.reason
            text += String(repeating: " ", count: indent) + PlainText.printable(recipient.address) + "\n"
        }
        return text
    }

    /// The last line of a list.
    package static func total(messages: Int, bytes: Int) -> String {
        guard messages > 0 else { return "Mail queue is empty\n" }
        let kilobytes = bytes / 1024 + (bytes % 1024 == 0 ? 0 : 1)
        return "-- \(kilobytes) Kbytes in \(messages) Request\(messages == 1 ? "" : "s").\n"
    }

    /// A message as one JSON object: the keys of Postfix's `postqueue -j`, and more on every recipient.
    package static func json(_ envelope: Envelope, isActive: Bool = false) -> String {
        let recipients = envelope.recipients.map { recipient in
            "{\"address\": \(JSONText.string(recipient.address)), "
                + "\"delay_reason\": \(JSONText.string(recipient.reason)), "
                + "\"state\": \"\(recipient.state.name)\", \"attempts\": \(recipient.attempts), "
                + "\"due\": \(recipient.due / 1000)}"
        }
        return "{\"queue_name\": \"\(queueName(envelope, isActive))\", \"queue_id\": \"\(envelope.id)\", "
            + "\"arrival_time\": \(envelope.arrival / 1000), \"message_size\": \(envelope.size), "
            + "\"forced_expire\": false, \"sender\": \(JSONText.string(envelope.sender)), "
            + "\"client\": \(JSONText.string(envelope.client)), "
            + "\"message_id\": \(JSONText.string(envelope.messageID)), "
            + "\"recipients\": [" + recipients.joined(separator: ", ") + "]}\n"
    }

    /// Everything about a message but its text.
    package static func details(
        _ envelope: Envelope,
        now: Int64,
        zoneOffset: Int,
        isActive: Bool = false
    ) -> String {
        let arrival = CalendarTime(envelope.arrival, offset: zoneOffset)
        var text = "queue_id: \(envelope.id)\n"
        text += "queue_name: \(queueName(envelope, isActive))\n"
        text += "sender: <\(PlainText.printable(envelope.sender))>\n"
        text += "arrival: \(arrival.sortable)\n"
        text += "size: \(envelope.size)\n"
        if !envelope.client.isEmpty { text += "client: \(PlainText.printable(envelope.client))\n" }
        if !envelope.messageID.isEmpty { text += "message_id: \(PlainText.printable(envelope.messageID))\n" }
        for recipient in envelope.recipients {
            text += "recipient: <\(PlainText.printable(recipient.address))> \(recipient.state.name)"
            text += ", \(recipient.attempts) attempt\(recipient.attempts == 1 ? "" : "s")"
            if recipient.state == .pending {
                let wait = recipient.due.subtractingReportingOverflow(now)
                let seconds = wait.overflow ? 0 : wait.partialValue / 1000
                text += seconds > 0 ? ", next in \(DurationText.short(Int(clamping: seconds)))" : ", due now"
            }
            if !recipient.reason.isEmpty { text += ": \(PlainText.printable(recipient.reason))" }
            text += "\n"
        }
        return text
    }

    /// The queue that Postfix would keep the message in.
    private static func queueName(_ envelope: Envelope, _ isActive: Bool) -> String {
        QueueSelection.State(envelope, isActive: isActive).rawValue
    }
}

extension Recipient.State {
    /// The word for it in lists.
    package var name: String {
        switch self {
        case .pending: "pending"
        case .delivered: "delivered"
        case .failed: "failed"
        }
    }
}
