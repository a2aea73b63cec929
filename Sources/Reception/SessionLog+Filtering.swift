// SPDX-License-Identifier: Apache-2.0

import SMTP
import Spooling
import Statistics

/// What a filter did to a command or to a message, as Postfix's smtpd and cleanup log it.
struct FilterReport {
    /// `milter-reject`, `milter-hold`, `milter-discard`, `proxy-accept`, `proxy-reject`.
    let action: String
    /// `CONNECT`, `EHLO`, `MAIL`, `RCPT`, `DATA`, `END-OF-MESSAGE`.
    let event: String
    let text: String
    var sender: String?
    var recipient: String?
    var hello: SessionMachine.Hello?
    var id: QueueID?
    /// Whether the line is cleanup's: what concerns a message that smtpd has taken already.
    var isOfMessage = false
}

extension SessionLog {
    /// On whose behalf a filter brings a message, as Postfix's smtpd writes it.
    func origin(_ client: ForwardedClient) -> String {
        (client.ident.map { ", orig_queue_id=\($0)" } ?? "") + ", orig_client=\(client.logName)"
    }

    /// A message goes through a filter and gets its queue id elsewhere.
    func passing() {
        pool.log.write(LogRecord(from: pool.identifier, "NOQUEUE: client=\(client.logName)", session: session))
    }

    func filtered(_ report: FilterReport) {
        // why: Postfix's lines about a proxied message name neither a queue id nor the client.
        var line = "\(report.action): \(report.event)"
        if !report.action.hasPrefix("proxy-") {
            line = "\(report.id.map { "\($0)" } ?? "NOQUEUE"): \(line) from \(client.logName)"
        }
        line += ": \(report.text);"
        if let sender = report.sender { line += " from=<\(sender)>" }
        if let recipient = report.recipient { line += " to=<\(recipient)>" }
        line += " proto=\(report.hello?.isExtended == true ? "ESMTP" : "SMTP")"
        if let hello = report.hello { line += " helo=<\(hello.name)>" }
        pool.log.write(
            LogRecord(
                from: report.isOfMessage ? pool.cleanupIdentifier : pool.identifier,
                line,
                session: session,
                queueID: report.id?.description
            )
        )
    }
}
