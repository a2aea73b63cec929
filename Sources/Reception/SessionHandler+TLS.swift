// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import TLS

/// The encryption of one session.
struct SessionTLS {
    let connection: TLSConnection
    /// What was agreed upon; nil while the handshake is under way.
    var facts: EncryptionFacts?
    /// What the client hears instead of a greeting.
    var refusal: Reply?
}

/// STARTTLS, and the handshake before the greeting.
extension SessionHandler {
    /// What a new session's machine must know.
    static func encryption(of pool: Pool) -> SessionEncryption {
        let settings = pool.settings.tls
        guard settings.isWanted else { return SessionEncryption() }
        let policy = settings.level == .none ? .may : settings.level
        return SessionEncryption(policy: policy, isAvailable: pool.certificates.identity != nil)
    }

    var isHandshaking: Bool { tls.map { $0.facts == nil } ?? false }

    /// The machine has accepted STARTTLS: from the reply on, nothing in clear text is taken.
    func startTLS(after reply: Reply) {
        guard let identity = pool.certificates.identity else { return perform(machine.tlsUnavailable()) }
        guard !isRefusedTLS(for: "STARTTLS") else {
            return perform(machine.tlsRefused(with: .tooManyTLSSessions(from: client.logName)))
        }
        intake = nil
        answer(reply)
        flush()
        beginHandshake(identity)
    }

    /// smtpd_tls_wrappermode: the greeting, or the connection's refusal, comes when the handshake is over.
    func beginWrapped(refusing refusal: Reply?) {
        guard let identity = pool.certificates.identity else {
            // why: the client would take words for a broken handshake.
            pool.statistics.turnedAway.add()
            log.warn("no certificate can be read: \(client.logName) cannot be served")
            context?.close(promise: nil)
            return
        }
        guard !isRefusedTLS(for: "TLS service") else {
            pool.statistics.turnedAway.add()
            context?.close(promise: nil)
            return
        }
        beginHandshake(identity)
        tls?.refusal = refusal
    }

    private func beginHandshake(_ identity: ServerIdentity) {
        guard let context else { return }
        do {
            tls = SessionTLS(connection: try TLSConnection.start(identity, before: context))
            deadline = now + .milliseconds(Int64(pool.settings.tls.handshakeTimeout))
        } catch {
            log.warn("TLS cannot be started: \(error)")
            machine.tlsFailed()
            context.close(promise: nil)
        }
    }

    func handshakeCompleted() {
        guard isHandshaking, let facts = tls?.connection.established() else { return }
        tls?.facts = facts
        pool.statistics.encryptedSessions.add()
        log.encrypted(facts)
        if machine.isGreeted { perform(machine.tlsEstablished()) }
        if let refusal = tlsSessionRefusal() {
            pool.statistics.turnedAway.add()
            perform(machine.dropped(with: refusal))
        } else if let refusal = tls?.refusal {
            refuseConnection(with: refusal)
        } else if !machine.isGreeted {
            perform(machine.connectedEncrypted())
        }
        postpone()
        process()
    }

    func encryptionFailed(_ failure: TLSFailure) {
        guard isHandshaking, !isClosing else { return }
        pool.statistics.handshakeFailures.add()
        log.handshakeFailed(failure)
        machine.tlsFailed()
        tls = nil
    }

    func handshakeTimedOut() {
        pool.statistics.handshakeFailures.add()
        log.handshakeTimedOut()
        machine.tlsFailed()
        tls = nil
        context?.close(promise: nil)
    }
}
