// SPDX-License-Identifier: Apache-2.0

/// STARTTLS (RFC 3207): the session begins anew, encrypted. What the client said before is forgotten; bytes that came
/// behind the command in clear text end the session before it gets here, whatever the settings say (CVE-2011-0411).
extension SessionMachine {
    mutating func startTLS(_ argument: Substring) -> Action {
        guard encryption.policy != .none else { return refuse(.tlsSwitchedOff, for: .starttls) }
        guard argument.isEmpty else { return refuse(.syntax("STARTTLS"), for: .starttls) }
        guard !encryption.isActive else { return refuse(.tlsActive, for: .starttls) }
        guard encryption.isAvailable else { return refuse(.tlsUnavailable, for: .starttls) }
        state = .startingTLS
        return .startTLS(.readyForTLS)
    }

    /// The handshake is over.
    package mutating func tlsEstablished() -> Action {
        guard case .startingTLS = state else { return .none }
        tally.count(.starttls, accepted: true)
        encryption.isActive = true
        hello = nil
        forwarded = nil
        state = .ready
        return .none
    }

    /// There is nothing to encrypt with after all.
    package mutating func tlsUnavailable() -> Action {
        guard case .startingTLS = state else { return .none }
        encryption.isAvailable = false
        return tlsRefused(with: .tlsUnavailable)
    }

    /// The policy lets the client have no encryption now.
    package mutating func tlsRefused(with reply: Reply) -> Action {
        guard case .startingTLS = state else { return .none }
        state = .ready
        return refuse(reply, for: .starttls)
    }

    /// The handshake failed: nothing more can be said on the connection.
    package mutating func tlsFailed() {
        guard case .startingTLS = state else { return }
        tally.count(.starttls, accepted: false)
        state = .closed
    }

    /// The connection was encrypted from the start (smtpd_tls_wrappermode).
    package mutating func connectedEncrypted() -> Action {
        guard case .connecting = state else { return .none }
        encryption.isActive = true
        return connected()
    }
}
