// SPDX-License-Identifier: Apache-2.0

/// What the session machine must know of a pool's settings, as plain numbers.
package struct SessionLimits: Sendable, Equatable {
    /// The name in replies.
    package var hostname = "localhost"
    /// The text behind `220 `.
    package var banner = "localhost ESMTP relaybox"
    /// Bytes of a message, 0: no limit.
    package var messageSize = 10_240_000
    /// Accepted recipients of a message.
    package var recipients = 1_000
    /// Errors after which replies are delayed, and after which the session ends.
    package var softErrors = 10
    /// Errors after which the session ends with 421 4.7.0 (Postfix: smtpd_hard_error_limit).
    package var hardErrors = 20
    /// Commands that bring no mail forward before they count as errors.
    package var junkCommands = 100
    /// Whether MAIL needs HELO or EHLO first.
    package var requiresHello = false
    /// First words, in upper case, of those who speak another protocol; they end the session.
    package var forbiddenCommands: Set<String> = ["CONNECT", "GET", "POST"]
    /// Whether VRFY is refused.
    package var disablesVerify = false
    /// Whether a line that ends in a bare LF is refused rather than normalised.
    package var rejectsBareNewline = false
    /// Whether input beyond a point where the client must wait ends the session.
    package var forbidsUnauthorisedPipelining = true

    /// Whether EHLO offers PIPELINING. A client that sends ahead all the same is treated as if it had been offered.
    package var offersPipelining = true

    package init() {}
}
