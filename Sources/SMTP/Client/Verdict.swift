// SPDX-License-Identifier: Apache-2.0

/// What a dialogue came to for one recipient.
package enum Verdict: Sendable, Equatable {
    /// The server took the message; its reply to the final dot.
    case accepted(Reply)
    /// The server refused with this reply at this step.
    case refused(Reply, DialogueStep)
    /// The message is larger than the server takes, in bytes; it was not asked.
    case tooLarge(limit: Int)
    /// The dialogue broke at this step, without an answer for this recipient.
    case broken(DialogueFault, DialogueStep)
}

/// How far a dialogue is: what the server is expected to answer next.
package enum DialogueStep: Sendable, Equatable, CaseIterable {
    case greeting, ehlo, helo
    /// STARTTLS and the handshake.
    case startTLS
    case mail, recipient, data
    /// The body is on its way, the final dot is not.
    case body
    /// The final dot is out. A connection lost here may mean a second delivery.
    case endOfData
    case reset, quit
}

/// How a dialogue breaks without a refusal.
package enum DialogueFault: Sendable, Equatable {
    /// The connection is gone.
    case lost
    /// The server did not answer in time, or did not read in time.
    case timedOut
    /// The server sent something that is no SMTP reply; its first characters.
    case malformed(String)
    /// The server's reply is longer than allowed, in bytes.
    case tooLong(limit: Int)
    /// The server sent a reply that has no meaning at this step.
    case unexpected(Reply)
    /// Encryption is demanded and the server does not offer it.
    case tlsNotOffered
    /// The handshake failed, for this reason.
    case handshake(String)
}
