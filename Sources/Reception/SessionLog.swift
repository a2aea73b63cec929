// SPDX-License-Identifier: Apache-2.0

import SMTP
import Spooling
import Statistics

/// The log lines of one session, in the shape of Postfix's smtpd and cleanup (Postfix 3.7).
struct SessionLog {
    let pool: Pool
    let client: ClientIdentity
    let session: UInt64

    func connected() {
        write("connect from \(client.logName)")
    }

    func disconnected(_ tally: CommandTally) {
        write("disconnect from \(client.logName)\(tally.summary)")
    }

    func lost(after phase: String) {
        write("lost connection after \(phase) from \(client.logName)")
    }

    func timedOut(after phase: String) {
        write("timeout after \(phase) from \(client.logName)")
    }

    func tooManyErrors(after phase: String) {
        write("too many errors after \(phase) from \(client.logName)")
    }

    func outOfSync(after phase: String, input: String) {
        write("improper command pipelining after \(phase) from \(client.logName): \(input)")
    }

    /// - Parameter origin: what `origin` made of the client that a filter named.
    func accepted(_ id: QueueID, origin: String = "") {
        write("\(id): client=\(client.logName)\(origin)", id)
    }

    func messageID(_ value: String, of id: QueueID) {
        pool.log.write(
            LogRecord(
                from: pool.cleanupIdentifier,
                "\(id): message-id=\(value)",
                session: session,
                queueID: id.description
            )
        )
    }

    /// A command that was refused, or warned of (Postfix: log_whatsup): `NOQUEUE: reject: RCPT from ...`.
    func judged(
        _ what: String,
        _ command: String,
        _ text: String,
        from sender: String?,
        to recipient: String?,
        isExtended: Bool,
        helo: String?,
        queueID: QueueID? = nil
    ) {
        let id = queueID.map { "\($0)" } ?? "NOQUEUE"
        var line = "\(id): \(what): \(command) from \(client.logName): \(text);"
        if let sender { line += " from=<\(sender)>" }
        if let recipient { line += " to=<\(recipient)>" }
        line += " proto=\(isExtended ? "ESMTP" : "SMTP")"
        if let helo { line += " helo=<\(helo)>" }
        write(line, queueID)
    }

    /// A line of Postfix's postscreen.
    func screened(_ text: String) {
        pool.log.write(LogRecord(from: pool.screeningIdentifier, text, session: session))
    }

    /// A recipient refused to a client on a denylist, as postscreen writes it: with commas.
    func denied(_ reply: Reply, from sender: String, to recipient: String, hello: SessionMachine.Hello?) {
        var line =
            "NOQUEUE: reject: RCPT from \(client.endpoint): \(reply.summary); from=<\(sender)>, to=<\(recipient)>"
        line += ", proto=\(hello?.isExtended == true ? "ESMTP" : "SMTP")"
        if let hello { line += ", helo=<\(hello.name)>" }
        screened(line)
    }

    func failed(_ error: SpoolError, _ id: QueueID?) {
        write("\(id.map { "\($0): " } ?? "")warning: message not accepted: \(error.cause)", id, .warning)
    }

    func badHeader(_ reason: String) {
        write("warning: haproxy read: \(reason)", nil, .warning)
    }

    func note(_ text: String) {
        write(text)
    }

    func warn(_ text: String) {
        write("warning: \(text)", nil, .warning)
    }

    private func write(_ message: String, _ id: QueueID? = nil, _ severity: Severity = .informational) {
        pool.log.write(
            LogRecord(severity, from: pool.identifier, message, session: session, queueID: id?.description)
        )
    }
}
