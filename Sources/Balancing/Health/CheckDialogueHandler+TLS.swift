// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TLS

/// The encryption of one connection of a check.
extension CheckDialogueHandler {
    var isHandshaking: Bool { tls != nil && !isEncrypted }

    func startTLS(_ context: ChannelHandlerContext) {
        guard let wish = plan.tls else { return }
        do {
            tls = try TLSConnection.start(wish.context.get(), to: wish.name, before: context)
        } catch {
            perform(machine.handshakeFailed("\(error)"), context)
        }
    }

    func handshakeCompleted(_ context: ChannelHandlerContext) {
        guard !isEncrypted, let tls else { return }
        isEncrypted = true
        trace?.encrypted(tls.established(), tls.peerCertificate)
        let isLater = plan.tls?.startsLater == true
        perform(isLater ? machine.encrypted() : machine.connected(sentHeader: version != nil), context)
    }

    func encryptionFailed(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        if !isEncrypted {
            perform(machine.handshakeFailed(failure.explanation), context)
        } else if failure.kind == .unclean {
            perform(machine.closed(), context)
        } else {
            perform(machine.failed(failure.explanation), context)
        }
    }

    /// A connection that stands and is encrypted has passed a check of its own.
    func judged(_ verdict: CheckVerdict) -> CheckVerdict {
        guard isEncrypted, verdict.status == .connected else { return verdict }
        var verdict = verdict
        verdict.status = .encrypted
        return verdict
    }
}
