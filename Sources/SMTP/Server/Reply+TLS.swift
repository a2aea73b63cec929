// SPDX-License-Identifier: Apache-2.0

/// What a server answers about encryption, in Postfix's words.
extension Reply {
    /// 220 2.0.0: what comes next is the client's hello.
    static let readyForTLS = Reply(220, EnhancedStatus(2, 0, 0), "Ready to start TLS")
    /// 502 5.5.1: smtpd_tls_security_level = none.
    ///
    /// why these words: they are what Postfix says to STARTTLS there. The command exists here; the operator switched it off.
    static let tlsSwitchedOff = Reply(502, EnhancedStatus(5, 5, 1), "Error: command not implemented")
    static let tlsActive = Reply(554, EnhancedStatus(5, 5, 1), "Error: TLS already active")
    /// 454 4.7.0: there is no certificate, or it cannot be read.
    static let tlsUnavailable = Reply(454, EnhancedStatus(4, 7, 0), "TLS not available due to local problem")
    /// 530 5.7.0: smtpd_tls_security_level = encrypt.
    static let mustStartTLS = Reply(530, EnhancedStatus(5, 7, 0), "Must issue a STARTTLS command first")
}
