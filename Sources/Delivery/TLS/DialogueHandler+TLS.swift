// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import TLS

/// The encryption of one connection to a next hop.
struct DialogueTLS {
    let connection: TLSConnection
    /// What was agreed upon; nil while the handshake is under way.
    var facts: EncryptionFacts?
}

/// STARTTLS, and the handshake before the greeting.
extension DialogueHandler {
    var isHandshaking: Bool { tls.map { $0.facts == nil } ?? false }

    /// The server agreed to encryption: from here on nothing in clear text is taken.
    func startTLS() {
        guard let context else { return }
        // why: what the server sent behind its 220 in clear text must never be taken for what comes encrypted.
        guard decoder.isEmpty else { return perform(machine.failed(.malformed("bytes behind the reply to STARTTLS"))) }
        do {
            let client = try lane.encryption.context.get()
            tls = DialogueTLS(connection: try TLSConnection.start(client, to: relay.host, before: context))
        } catch {
            lane.log.connection("warning: cannot start TLS with \(relay.label): \(error)", .warning)
            perform(machine.handshakeFailed("Cannot start TLS: \(error)"))
        }
    }

    func handshakeCompleted() {
        guard isHandshaking, let facts = tls?.connection.established() else { return }
        tls?.facts = facts
        if settings.tls.logLevel > 0 {
            let trust = settings.tls.policy.verification == .none ? "Untrusted" : "Verified"
            lane.log.connection("\(trust) TLS connection established to \(relay.label): \(facts)")
        }
        perform(machine.encrypted())
    }

    func handshakeFailed(_ failure: TLSFailure) {
        tls = nil
        lane.log.connection("SSL_connect error to \(relay.label): \(failure.reason)")
        if !failure.detail.isEmpty {
            lane.log.connection("warning: TLS library problem: \(failure.detail)", .warning)
        }
        let reason =
            switch failure.kind {
            case .wrongName: "Server certificate not verified"
            case .handshake where failure.detail.contains("CERTIFICATE_VERIFY_FAILED"): "Server certificate not trusted"
            case .lost, .handshake, .unclean, .broken: "Cannot start TLS: handshake failure"
            }
        perform(machine.handshakeFailed(reason))
    }
}
