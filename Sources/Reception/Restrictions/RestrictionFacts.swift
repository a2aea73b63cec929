// SPDX-License-Identifier: Apache-2.0

package import SMTP
package import TLS

/// What is known of a session when restrictions judge it.
package struct RestrictionFacts: Sendable {
    /// The client, with its name where that was looked up.
    package var client: ClientIdentity
    /// Whether the client is in mynetworks.
    package var isTrusted = false
    /// nil before HELO or EHLO.
    package var hello: SessionMachine.Hello?
    /// Whether MAIL was said; `sender` nil then means `<>`.
    package var hasSender = false
    /// The sender; nil for `<>`, and before MAIL.
    package var sender: Mailbox?
    /// The recipient that is judged, or the only one.
    package var recipient: Mailbox?
    /// Recipients accepted so far.
    package var recipients = 0
    /// Whether the client sent input that it had to wait with.
    package var isOutOfSync = false
    /// The name of this host.
    package var hostname = "localhost"
    /// What policy services are told beyond that.
    package var session = SessionFacts()

    /// Where the session is.
    package struct SessionFacts: Sendable {
        /// The command that is judged: `CONNECT`, `EHLO`, `RCPT`, `END-OF-MESSAGE`.
        package var stage = "CONNECT"
        /// Whether the client said EHLO.
        package var isExtended = false
        /// Empty before the first recipient was accepted.
        package var queueID = ""
        /// The same for all questions about one message, and no other.
        package var instance = ""
        /// Bytes of the message as MAIL declared them, behind the message its own; 0: not known.
        package var size = 0
        /// Whether HOLD and its like have a message of ours to hold: not one that `smtpd_proxy_filter` takes.
        package var changesMessages = true
        /// nil: in clear text.
        package var encryption: EncryptionFacts?

        package init() {}
    }

    /// A client that has said nothing yet.
    package init(client: ClientIdentity) {
        self.client = client
    }

    /// The value of an attribute in a reply template.
    func attribute(_ name: String) -> String? {
        switch name {
        case "client": client.logName
        case "client_address": client.addressText
        case "client_name": client.host.logName
        case "reverse_client_name": client.host.logReverseName
        case "client_port": client.port > 0 ? "\(client.port)" : "unknown"
        case "helo_name": hello?.name
        case "sender": hasSender ? (sender?.address ?? "<>") : nil
        case "recipient": recipient?.address
        case "server_name": hostname
        default: nil
        }
    }

    /// A recipient's or sender's address as tables are asked for it, with a domain in any case.
    func qualified(_ mailbox: Mailbox) -> (address: String, domain: String) {
        let address = mailbox.unquoted
        return mailbox.domain.isEmpty ? ("\(address)@\(hostname)", hostname) : (address, mailbox.domain)
    }
}

/// Postfix's name for what a list judges, as replies have it.
package enum ReplyClass: String, Sendable {
    case client = "Client host"
    case reverseClient = "Unverified Client host"
    case helo = "Helo command"
    case sender = "Sender address"
    case recipient = "Recipient address"
    case data = "Data command"
    case endOfData = "End-of-data"
}

/// A code, a status and a text that somebody is refused with.
struct Refusal: Sendable, Equatable {
    var code: Int
    var status: EnhancedStatus
    var text: String

    init(_ code: Int, _ subject: Int, _ detail: Int, _ text: String) {
        self.code = code
        status = EnhancedStatus(code / 100, subject, detail)
        self.text = text
    }

    init(_ code: Int, _ status: EnhancedStatus, _ text: String) {
        self.code = code
        self.status = status
        self.text = text
    }

    /// Bytes of a reply line, without its end (RFC 5321 section 4.5.3.1.5).
    private static let lineLimit = 510

    /// The reply: its status has the code's class, its text fits a line and is printable.
    var reply: Reply {
        var status = status
        status.class = code / 100
        let room = Refusal.lineLimit - 5 - "\(status)".utf8.count
        let text = String(decoding: text.utf8.prefix(room).map { 0x20...0x7E ~= $0 ? $0 : 0x20 }, as: UTF8.self)
        return Reply(code, status, text)
    }
}

extension EnhancedStatus {
    /// A status about an address fits what is refused: a sender's, a recipient's, or nobody's (Postfix: smtpd_dsn_fix).
    func fitting(_ kind: ReplyClass) -> EnhancedStatus {
        guard subject == 1 else { return self }
        switch kind {
        case .sender:
            switch detail {
            case 1, 3, 4, 6, 7: return EnhancedStatus(self.class, 1, 7)
            case 2, 8: return EnhancedStatus(self.class, 1, 8)
            default: return EnhancedStatus(self.class, 1, 0)
            }
        case .recipient:
            switch detail {
            case 1, 2, 3, 4, 5, 6: return self
            case 7: return EnhancedStatus(self.class, 1, 3)
            case 8: return EnhancedStatus(self.class, 1, 2)
            default: return EnhancedStatus(self.class, 1, 0)
            }
        case .client, .reverseClient, .helo, .data, .endOfData:
            return EnhancedStatus(self.class, 0, 0)
        }
    }
}
