// SPDX-License-Identifier: Apache-2.0

/// What a session is about at the moment, for those who may not see its state.
extension SessionMachine {
    /// Whether commands must wait because an answer from somewhere else is due.
    package var isWaiting: Bool {
        switch state {
        case .judgingHello, .judgingSender, .judgingRecipient, .judgingData, .committing, .startingTLS: true
        case .connecting, .ready, .open, .receiving, .closed: false
        }
    }

    /// Whether the greeting is out, or never will be.
    package var isGreeted: Bool { if case .connecting = state { false } else { true } }

    /// The transaction that is open, wherever it is; nil between transactions.
    package var transaction: Transaction? {
        switch state {
        case .judgingSender(let transaction), .open(let transaction), .judgingRecipient(let transaction, _),
            .judgingData(let transaction), .receiving(let transaction), .committing(let transaction):
            transaction
        case .judgingHello(_, let transaction): transaction
        case .connecting, .ready, .startingTLS, .closed: nil
        }
    }

    /// Whether input is a message's.
    package var isReceiving: Bool { if case .receiving = state { true } else { false } }
    /// Whether the dialogue is over.
    package var isClosed: Bool { if case .closed = state { true } else { false } }

    /// Whether a session that is asked to end may do so at once: nothing accepted would be cut.
    package var isAtBoundary: Bool {
        switch state {
        case .connecting, .ready, .open, .judgingHello, .judgingSender, .judgingRecipient, .judgingData, .closed: true
        case .receiving, .committing, .startingTLS: false
        }
    }

    /// Whether replies to this client are to be delayed (smtpd_soft_error_limit).
    package var deservesDelay: Bool { errors > limits.softErrors }

    /// Where the dialogue is, for `show sess`.
    package var phase: SessionReport.Phase {
        switch state {
        case .connecting: .greeting
        case .ready, .judgingHello, .startingTLS: .ready
        case .judgingSender: .mail
        case .open(let transaction): transaction.recipients.isEmpty ? .mail : .recipient
        case .judgingRecipient, .judgingData: .recipient
        case .receiving: .data
        case .committing: .committing
        case .closed: .closed
        }
    }
}
