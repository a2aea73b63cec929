// SPDX-License-Identifier: Apache-2.0

import TLS

/// Postfix's lines about encryption (smtpd_tls_loglevel).
extension SessionLog {
    func encrypted(_ facts: EncryptionFacts) {
        guard pool.settings.tls.logLevel > 0 else { return }
        note("Anonymous TLS connection established from \(client.logName): \(facts)")
    }

    func handshakeFailed(_ failure: TLSFailure) {
        note("SSL_accept error from \(client.logName): \(failure.reason)")
        if !failure.detail.isEmpty { warn("TLS library problem: \(failure.detail)") }
    }

    func handshakeTimedOut() {
        note("SSL_accept error from \(client.logName): Connection timed out")
    }
}
