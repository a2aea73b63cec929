// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// One thing that waits for the committer, and whom to tell.
enum Work: Sendable {
    /// A body as the committer gets it.
    enum Body: Sendable {
        /// In memory, its size reserved from the budget.
        case memory(ByteBuffer)
        /// Durable in a file of its own.
        case file(crc: UInt32)
    }

    /// What became of it.
    enum Ending: Sendable {
        case committed(QueuedMessage)
        case recorded(OutcomeReceipt)
        case changed(Int)
        case probed
        case failed(SpoolError)
    }

    case commit(Envelope, Body, @Sendable (Result<QueuedMessage, SpoolError>) -> Void)
    case record(Outcome, @Sendable (Result<OutcomeReceipt, SpoolError>) -> Void)
    case change([QueueID], QueueChange, @Sendable (Result<Int, SpoolError>) -> Void)
    /// Finds out whether the disk is well again.
    case probe

    /// Bytes it brings into a transaction, about.
    var weight: Int {
        switch self {
        case .commit(_, .memory(let bytes), _): bytes.readableBytes
        case .commit(_, .file, _), .change, .probe: 0
        case .record(let outcome, _): outcome.report?.body.readableBytes ?? 0
        }
    }

    /// Whether it is about something new, and fails first when there is no room.
    var isNewMail: Bool {
        switch self {
        case .commit, .probe: true
        case .record, .change: false
        }
    }

    /// Whether nobody waits for it: it may ride with the next work that somebody waits for.
    var isPatient: Bool {
        if case .record = self { true } else { false }
    }

    var isProbe: Bool {
        if case .probe = self { true } else { false }
    }

    /// Tells whoever waits.
    func complete(_ ending: Ending) {
        switch (self, ending) {
        case (.commit(_, _, let completion), .committed(let message)): completion(.success(message))
        case (.commit(_, _, let completion), .failed(let error)): completion(.failure(error))
        case (.record(_, let completion), .recorded(let receipt)): completion(.success(receipt))
        case (.record(_, let completion), .failed(let error)): completion(.failure(error))
        case (.change(_, _, let completion), .changed(let count)): completion(.success(count))
        case (.change(_, _, let completion), .failed(let error)): completion(.failure(error))
        case (.probe, _): break
        case (.commit, _), (.record, _), (.change, _): assertionFailure("an ending of other work")
        }
    }
}
