// SPDX-License-Identifier: Apache-2.0

/// What encryption means to one session: whether the server wants it, can do it, and has it.
package struct SessionEncryption: Sendable, Equatable {
    /// smtpd_tls_security_level.
    package enum Policy: Sendable, Equatable {
        /// STARTTLS is an unknown word.
        case none
        /// The client chooses.
        case may
        /// Nothing but greetings happens before STARTTLS.
        case encrypt
    }

    /// What the settings say.
    package var policy = Policy.none
    /// Whether there is a certificate to show.
    package var isAvailable = false
    /// Whether the session is encrypted.
    package var isActive = false

    /// A session in clear text.
    package init(policy: Policy = .none, isAvailable: Bool = false) {
        self.policy = policy
        self.isAvailable = isAvailable
    }

    /// Whether EHLO lists STARTTLS (RFC 3207 section 4.2: not when it is active).
    var isOffered: Bool { policy != .none && isAvailable && !isActive }

    /// The reply to a command that must not come in clear text; nil where it may. Without a certificate it is the
    /// server's failure, so that the client tries again later.
    func refusal(of verb: Verb) -> Reply? {
        guard policy == .encrypt, !isActive else { return nil }
        switch verb {
        case .helo, .ehlo, .starttls, .noop, .help, .quit: return nil
        case .mail, .rcpt, .data, .rset, .vrfy, .unknown: return isAvailable ? .mustStartTLS : .tlsUnavailable
        }
    }
}
