// SPDX-License-Identifier: Apache-2.0

import SMTP

/// What an attempt came to for one recipient, in the words that log line, queue and report use (Postfix: dsb, bounce
/// logs).
package struct RecipientResult: Error, Sendable, Equatable {
    /// `status=` of the log line.
    package enum Status: String, Sendable, Equatable {
        case sent, deferred, bounced
    }

    /// What becomes of the recipient.
    package var status: Status
    /// The enhanced status code, `5.1.1`.
    package var dsn: String
    /// The text in parentheses at the end of the log line.
    package var text: String
    /// The server's reply, for the report; nil when the reason is ours.
    package var reply: String?
    /// The server's name, for the report; nil when none was asked.
    package var remote: String?

    /// `text` without its parentheses.
    package init(_ status: Status, dsn: String, text: String, reply: String? = nil, remote: String? = nil) {
        self.status = status
        self.dsn = dsn
        self.text = text
        self.reply = reply
        self.remote = remote
    }

    /// Translates a verdict of the dialogue with `relay`; `size` is the message's, in bytes.
    init(_ verdict: Verdict, from relay: Relay, size: Int) {
        switch verdict {
        case .accepted(let reply):
            let summary = reply.brief
            self.init(.sent, dsn: reply.dsn, text: summary, reply: summary, remote: relay.host)
        case .refused(let reply, let step):
            let status = reply.isPermanent && step.mayBounce ? Status.bounced : .deferred
            // why: a permanent refusal of the connection itself concerns the server, not the recipient.
            let dsn = reply.isPermanent && status == .deferred ? "4" + reply.dsn.dropFirst() : reply.dsn
            let summary = reply.brief
            let text =
                switch step {
                case .startTLS:
                    "TLS is required, but host \(relay.name) refused to start TLS: \(summary)"
                case .greeting, .ehlo, .helo: "host \(relay.name) refused to talk to me: \(summary)"
                case .mail, .recipient, .data, .body, .endOfData, .reset, .quit:
                    "host \(relay.name) said: \(summary) (in reply to \(step.request))"
                }
            self.init(status, dsn: dsn, text: text, reply: summary, remote: relay.host)
        case .tooLarge(let limit):
            self.init(
                .bounced,
                dsn: "5.3.4",
                text: "message size \(size) exceeds size limit \(limit) of server \(relay.name)",
                remote: relay.host
            )
        case .broken(.lost, let step):
            self.init(.deferred, dsn: "4.4.2", text: "lost connection with \(relay.name) while \(step.activity)")
        case .broken(.timedOut, let step):
            self.init(
                .deferred,
                dsn: "4.4.2",
                text: "conversation with \(relay.name) timed out while \(step.activity)"
            )
        case .broken(.malformed(let line), let step):
            self.init(
                .deferred,
                dsn: "4.5.0",
                text: "protocol error from \(relay.name) while \(step.activity): not a reply: \"\(line)\"",
                remote: relay.host
            )
        case .broken(.tooLong(let limit), let step):
            self.init(
                .deferred,
                dsn: "4.5.0",
                text: "protocol error from \(relay.name) while \(step.activity): reply longer than \(limit) bytes",
                remote: relay.host
            )
        case .broken(.tlsNotOffered, _):
            let text = "TLS is required, but was not offered by host \(relay.name)"
            self.init(.deferred, dsn: "4.7.4", text: text, remote: relay.host)
        case .broken(.handshake(let reason), _):
            self.init(.deferred, dsn: "4.7.5", text: reason, remote: relay.host)
        case .broken(.unexpected(let reply), let step):
            self.init(
                .deferred,
                dsn: "4.5.0",
                text: "protocol error from \(relay.name) while \(step.activity): unexpected reply \(reply.brief)",
                reply: reply.brief,
                remote: relay.host
            )
        }
    }
}

extension Reply {
    /// The reply on one line, cut after a thousand characters: it is kept with each recipient.
    fileprivate var brief: String {
        let summary = summary
        return summary.utf8.count <= 1_000 ? summary : summary.prefix(1_000) + "..."
    }

    /// The enhanced status code for log and report: the server's own if it is of the reply's class, else `X.0.0`.
    fileprivate var dsn: String {
        guard let enhanced, enhanced.class == code / 100 else { return "\(code / 100).0.0" }
        return enhanced.description
    }
}

extension DialogueStep {
    /// What the client was at when the dialogue broke, in Postfix's words (smtp_proto.c).
    var activity: String {
        switch self {
        case .greeting: "receiving the initial server greeting"
        case .ehlo: "performing the EHLO handshake"
        case .helo: "performing the HELO handshake"
        case .startTLS: "performing the TLS handshake"
        case .mail: "sending MAIL FROM"
        case .recipient: "sending RCPT TO"
        case .data: "sending DATA command"
        case .body: "sending message body"
        case .endOfData: "sending end of data -- message may be sent more than once"
        case .reset: "sending RSET"
        case .quit: "sending QUIT"
        }
    }

    /// What the server replied to, in Postfix's words.
    fileprivate var request: String {
        switch self {
        case .greeting: "initial connection"
        case .ehlo: "EHLO command"
        case .helo: "HELO command"
        case .startTLS: "STARTTLS command"
        case .mail: "MAIL FROM command"
        case .recipient: "RCPT TO command"
        case .data: "DATA command"
        case .body, .endOfData: "end of DATA command"
        case .reset: "RSET command"
        case .quit: "QUIT command"
        }
    }

    /// Whether a permanent refusal at this step is about the message or recipient.
    fileprivate var mayBounce: Bool {
        switch self {
        case .mail, .recipient, .data, .body, .endOfData: true
        case .greeting, .ehlo, .helo, .startTLS, .reset, .quit: false
        }
    }
}
