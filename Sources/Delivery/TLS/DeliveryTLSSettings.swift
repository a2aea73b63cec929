// SPDX-License-Identifier: Apache-2.0

package import TLS

/// Encryption of deliveries: Postfix's `smtp_tls_*` parameters.
package struct DeliveryTLSSettings: Sendable, Equatable {
    /// smtp_tls_security_level.
    package enum Level: String, Sendable, Equatable, CaseIterable {
        case none
        /// Encrypted where the server offers it; in clear text where it does not, or where the handshake fails.
        case may
        /// Never in clear text; whoever the server is.
        case encrypt
        /// The certificate must be trusted and be the host's.
        case verify
        case secure
    }

    /// Postfix's default: nothing is encrypted.
    package var level = Level.none
    /// smtp_tls_wrappermode: the handshake comes before the greeting.
    package var isWrapped = false
    /// smtp_tls_CAfile or smtp_tls_CApath; nil: the system's.
    package var authorities: String?
    /// smtp_tls_protocols. Postfix: >=TLSv1.
    package var protocols = TLSProtocols()
    /// smtp_tls_mandatory_protocols: at the levels above `may`.
    package var mandatoryProtocols = TLSProtocols()
    /// smtp_tls_loglevel: 1 and more: a line for each handshake.
    package var logLevel = 0
    /// smtp_starttls_timeout, milliseconds.
    package var handshakeTimeout = 300_000

    package init() {}

    /// What the library is told.
    var policy: ClientPolicy {
        var policy = ClientPolicy()
        switch level {
        case .none, .may, .encrypt: policy.verification = .none
        case .verify, .secure:
            policy.verification = .name
            policy.authorities = authorities
        }
        policy.protocols = level == .may || level == .none ? protocols : mandatoryProtocols
        return policy
    }
}
