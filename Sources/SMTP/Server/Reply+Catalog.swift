// SPDX-License-Identifier: Apache-2.0

/// The texts a server answers with: Postfix's, because people and their regular expressions know them.
extension Reply {
    /// 250 2.0.0
    package static let ok = Reply(250, EnhancedStatus(2, 0, 0), "Ok")
    /// 250 2.1.0
    package static let senderOk = Reply(250, EnhancedStatus(2, 1, 0), "Ok")
    /// 250 2.1.5
    package static let recipientOk = Reply(250, EnhancedStatus(2, 1, 5), "Ok")
    /// 354: the message may follow.
    package static let startData = Reply(354, nil, "End data with <CR><LF>.<CR><LF>")
    /// 221: QUIT.
    package static let bye = Reply(221, EnhancedStatus(2, 0, 0), "Bye")
    static let help = Reply(214, EnhancedStatus(2, 0, 0), "Commands: EHLO HELO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT")

    static let unknownCommand = Reply(500, EnhancedStatus(5, 5, 2), "Error: command not recognized")
    /// 502: the operator switched VRFY off (Postfix: disable_vrfy_command, in its words).
    static let verifySwitchedOff = Reply(502, EnhancedStatus(5, 5, 1), "VRFY command is disabled")
    static let badSyntax = Reply(500, EnhancedStatus(5, 5, 2), "Error: bad syntax")
    static let sendHello = Reply(503, EnhancedStatus(5, 5, 1), "Error: send HELO/EHLO first")
    static let needMail = Reply(503, EnhancedStatus(5, 5, 1), "Error: need MAIL command")
    static let nestedMail = Reply(503, EnhancedStatus(5, 5, 1), "Error: nested MAIL command")
    static let needRecipient = Reply(503, EnhancedStatus(5, 5, 1), "Error: need RCPT command")
    static let noValidRecipients = Reply(554, EnhancedStatus(5, 5, 1), "Error: no valid recipients")
    static let badSender = Reply(501, EnhancedStatus(5, 1, 7), "Bad sender address syntax")
    static let badRecipient = Reply(501, EnhancedStatus(5, 1, 3), "Bad recipient address syntax")
    /// 552 5.3.4: SIZE= of MAIL is above message_size_limit.
    static let sizeExceedsLimit = Reply(552, EnhancedStatus(5, 3, 4), "Message size exceeds fixed limit")
    static let messageTooBig = Reply(552, EnhancedStatus(5, 3, 4), "Error: message file too big")
    static let tooManyHops = Reply(554, EnhancedStatus(5, 4, 0), "Error: too many hops")
    static let tooManyRecipients = Reply(452, EnhancedStatus(4, 5, 3), "Error: too many recipients")
    /// 554 5.5.0: input came where the client had to wait.
    package static let notSynchronised = Reply(554, EnhancedStatus(5, 5, 0), "Error: SMTP protocol synchronization")

    /// 221 2.7.0: the client speaks another protocol (Postfix: smtpd_forbidden_commands).
    package static let notSMTP = Reply(221, EnhancedStatus(2, 7, 0), "Error: I can break rules, too. Goodbye.")

    /// 452 4.3.1: the disk is full or the memory for bodies is used up.
    package static let storageExceeded = Reply(452, EnhancedStatus(4, 3, 1), "Insufficient system storage")
    /// 451 4.3.0: the queue could not be written.
    package static let queueWriteError = Reply(451, EnhancedStatus(4, 3, 0), "Error: queue file write error")
    /// 451 4.3.0: the commit took longer than a client may be kept waiting.
    package static let commitTooSlow = Reply(451, EnhancedStatus(4, 3, 0), "Error: queue file write error: too slow")

    static func syntax(_ usage: String) -> Reply {
        Reply(501, EnhancedStatus(5, 5, 4), "Syntax: \(usage)")
    }

    static func unsupportedOption(_ option: Substring) -> Reply {
        Reply(555, EnhancedStatus(5, 5, 4), "Unsupported option: \(option)")
    }

    static func bareNewline(at hostname: String) -> Reply {
        Reply(550, EnhancedStatus(5, 5, 2), "\(hostname) Error: bare <LF> received")
    }

    static func commandTooLong(at hostname: String) -> Reply {
        Reply(500, EnhancedStatus(5, 5, 2), "\(hostname) Error: command too long")
    }

    /// 421 4.7.0: smtpd_hard_error_limit is reached.
    package static func tooManyErrors(at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 7, 0), "\(hostname) Error: too many errors")
    }

    static func timedOut(at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 4, 2), "\(hostname) Error: timeout exceeded")
    }

    /// 421 4.3.2: the server stops or is drained.
    package static func closing(at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 3, 2), "\(hostname) Service not available, closing transmission channel")
    }

    /// 421 4.3.2: every session the pool may hold is taken.
    package static func allPortsBusy(at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 3, 2), "\(hostname) All server ports are busy")
    }

    /// 421 4.7.0: one client holds too many sessions.
    package static func tooManyConnections(from client: String, at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 7, 0), "\(hostname) Error: too many connections from \(client)")
    }

    /// 421 4.3.0: the connection did not begin with the header it must begin with (as Postfix's smtpd answers it).
    package static func noProxyHeader(at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 3, 0), "\(hostname) Server local error")
    }

    /// 554 5.7.1: the recipient is not ours and the client may not relay.
    package static func relayDenied(_ recipient: String) -> Reply {
        Reply(554, EnhancedStatus(5, 7, 1), "<\(recipient)>: Relay access denied")
    }

    /// 521 5.3.2 or 550 5.3.2: the client is on a denylist (Postfix's postscreen).
    package static func serviceUnavailable(_ code: Int) -> Reply {
        Reply(code, EnhancedStatus(5, 3, 2), "Service currently unavailable")
    }

    /// 450 4.7.1: one client sends too many messages.
    package static func tooMuchMail(from client: String) -> Reply {
        Reply(450, EnhancedStatus(4, 7, 1), "Error: too much mail from \(client)")
    }

    /// 450 4.7.1: one client names too many recipients.
    package static func tooManyRecipients(from client: String) -> Reply {
        Reply(450, EnhancedStatus(4, 7, 1), "Error: too many recipients from \(client)")
    }

    /// 454 4.7.0: one client has begun too many TLS sessions to begin another one.
    package static func tooManyTLSSessions(from client: String) -> Reply {
        Reply(454, EnhancedStatus(4, 7, 0), "Error: too many new TLS sessions from \(client)")
    }

    /// 421 4.7.0: the TLS session that has just begun is one too many of the client's.
    package static func tooManyTLSSessions(from client: String, at hostname: String) -> Reply {
        Reply(421, EnhancedStatus(4, 7, 0), "\(hostname) Error: too many new TLS sessions from \(client)")
    }

    /// 503 5.7.0: the client was refused in place of the greeting and talks on (RFC 5321 section 3.1).
    static func accessDenied(to client: String) -> Reply {
        Reply(503, EnhancedStatus(5, 7, 0), "Error: access denied for \(client)")
    }

    static func queued(as id: String) -> Reply {
        Reply(250, EnhancedStatus(2, 0, 0), "Ok: queued as \(id)")
    }

    static func verified(_ address: Substring) -> Reply {
        Reply(252, EnhancedStatus(2, 0, 0), String(address))
    }
}
