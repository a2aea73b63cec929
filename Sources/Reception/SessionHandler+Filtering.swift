// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// What filters say of what the client wants, after the restrictions let it pass.
extension SessionHandler {
    /// `answer` gets the refusal, which was logged, or nil; see `consult`. A wait begins with `awaitAnswer`.
    func filter(_ point: JudgedPoint, then answer: @escaping (Reply?) -> Void) {
        let filters = pool.settings.filters
        if !filters.milters.isEmpty {
            askMilters(about: point, then: answer)
        } else if case .message(let transaction) = point, let address = filters.proxyFilter {
            passOn(transaction, to: address, then: answer)
        } else {
            answer(nil)
        }
    }

    /// Whether the client is a filter that may say whose mail it brings (Postfix: smtpd_authorized_xforward_hosts).
    func noteForwarder() {
        let forwarders = pool.settings.filters.forwarders
        guard !forwarders.isEmpty, let address = client.address else { return }
        machine.isForwarder = forwarders.contains { $0.contains(address) }
    }

    /// The session is over: nobody waits for filters any more.
    func endFilters() {
        guard pool.settings.filters.judges else { return }
        milters?.close()
        milters = nil
        proxyFilter?.giveUp()
        proxyFilter = nil
    }

    /// What a new message needs for the filters of the pool.
    func filteredMessage() throws(SpoolError) -> FilteredMessage {
        let filters = pool.settings.filters
        guard filters.needsWholeMessage else { return FilteredMessage(held: nil, isPassedOn: true) }
        let held = HeldMessage(body: try pool.spool.draft(), headLimit: pool.settings.headerSizeLimit)
        return FilteredMessage(held: held, isPassedOn: false)
    }

    /// What the client is told of a message that could not be stored, or read back.
    func storageFailed(_ error: any Error, _ intake: MessageIntake) -> Reply {
        let reason = error as? SpoolError ?? .disk("\(error)")
        pool.statistics.storageFailures.add()
        log.failed(reason, intake.draft.id)
        return reason.reply
    }

    /// The end of a message that filters have taken out of our hands; nil when it is to be committed.
    func settled(_ changes: EnvelopeChanges, _ envelope: Envelope) -> SessionMachine.Action? {
        if let reply = changes.passedOn {
            pool.statistics.messages.add()
            pool.statistics.bytes.add(envelope.size)
            return machine.passedOn(with: reply)
        }
        // why: a filter that takes every recipient away has thrown the message away.
        guard changes.isDiscarded || envelope.recipients.isEmpty else { return nil }
        return machine.committed(as: "\(envelope.id)")
    }
}
