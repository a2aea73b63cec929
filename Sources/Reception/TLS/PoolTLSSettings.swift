// SPDX-License-Identifier: Apache-2.0

package import SMTP
package import TLS

/// Encryption of a pool's sessions: Postfix's `smtpd_tls_*` parameters.
package struct PoolTLSSettings: Sendable, Equatable {
    /// smtpd_tls_security_level.
    package var level = SessionEncryption.Policy.none
    /// smtpd_tls_wrappermode: the handshake comes before the greeting.
    package var isWrapped = false
    /// smtpd_tls_chain_files, or smtpd_tls_cert_file and smtpd_tls_key_file: PEM files with the key and the chain.
    package var files: [String] = []
    /// smtpd_tls_protocols. Postfix: >=TLSv1.
    package var protocols = TLSProtocols()
    /// smtpd_tls_mandatory_protocols: where the level is `encrypt`, or the handshake comes first.
    package var mandatoryProtocols = TLSProtocols()
    /// smtpd_tls_loglevel: 1 and more: a line for each handshake.
    package var logLevel = 0
    /// smtpd_tls_received_header.
    package var isInReceivedHeader = false
    /// smtpd_starttls_timeout, milliseconds.
    package var handshakeTimeout = 300_000

    package init() {}

    /// Whether sessions have anything to do with encryption.
    package var isWanted: Bool { level != .none || isWrapped }

    /// The versions that are spoken.
    var spokenProtocols: TLSProtocols { level == .encrypt || isWrapped ? mandatoryProtocols : protocols }
}
