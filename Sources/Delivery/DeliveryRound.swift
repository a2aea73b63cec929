// SPDX-License-Identifier: Apache-2.0

import Spooling
import Synchronization

/// One round of attempts for one message, whatever destinations it has: what they have in common, and when it is over.
///
/// Its requests, one a destination, may be on different event loops. An operator may take the message back as long as
/// nothing of it is on a wire or on its way to the spool.
final class DeliveryRound: Sendable {
    private struct State {
        /// Requests without an end, outcomes without an answer: the round is over when there are none.
        var open = 1
        /// Requests that go on; the first belongs to whoever hands the message out.
        var requests = 1
        /// Transactions under way, and outcomes the spool has not answered.
        var busy = 0
        /// Results that a report to the sender is needed for.
        var failed: [(index: Int, result: RecipientResult)] = []
        var hasExpired = false
        var isWithdrawn = false
        /// The earliest time a recipient is due that was deferred in this round, or is not tried in it.
        var due: Int64?
    }

    let message: QueuedMessage
    /// The queue id as text.
    let name: String
    /// When the round began, milliseconds since 1970.
    let activated: Int64
    private let state: Mutex<State>

    init(_ message: QueuedMessage, now: Int64) {
        self.message = message
        var state = State()
        for recipient in message.envelope.recipients where recipient.state == .pending && recipient.due > now {
            state.due = min(state.due ?? .max, recipient.due)
        }
        self.state = Mutex(state)
        name = message.envelope.id.description
        activated = now
    }

    var id: QueueID { message.envelope.id }
    var isReport: Bool { message.envelope.sender.isEmpty || message.envelope.traits.contains(.report) }

    /// Indices of the recipients that are tried in this round.
    var recipients: [Int] {
        let recipients = message.envelope.recipients
        return recipients.indices.filter { recipients[$0].state == .pending && recipients[$0].due <= activated }
    }

    var due: Int64? { state.withLock { $0.due } }
    var hasExpired: Bool { state.withLock { $0.hasExpired } }
    var isWithdrawn: Bool { state.withLock { $0.isWithdrawn } }

    /// The message is split into this many requests.
    func split(into requests: Int) {
        state.withLock { state in
            state.open += requests - 1
            state.requests += requests - 1
        }
    }

    /// A transaction is about to begin; false when an operator took the message back.
    func begin() -> Bool {
        state.withLock { state in
            guard !state.isWithdrawn else { return false }
            state.busy += 1
            return true
        }
    }

    /// A transaction is over, and its results are noted.
    func pause() {
        state.withLock { $0.busy = max(0, $0.busy - 1) }
    }

    /// A recipient failed for good.
    func failed(_ index: Int, _ result: RecipientResult, isExpired: Bool = false) {
        state.withLock { state in
            state.failed.append((index, result))
            state.hasExpired = state.hasExpired || isExpired
        }
    }

    /// A recipient is due again at this time.
    func deferred(until due: Int64) {
        state.withLock { $0.due = min($0.due ?? .max, due) }
    }

    /// A request has come to its end: the failures of all, for the last of them; nil while others go on.
    func requestEnded() -> [(index: Int, result: RecipientResult)]? {
        state.withLock { state in
            state.requests -= 1
            return state.requests <= 0 ? state.failed : nil
        }
    }

    /// An outcome goes to the spool.
    func offered() {
        state.withLock { state in
            state.open += 1
            state.busy += 1
        }
    }

    /// The spool has answered an outcome; true when the round is over.
    func answered() -> Bool {
        state.withLock { state in
            state.busy = max(0, state.busy - 1)
            state.open -= 1
            return state.open == 0
        }
    }

    /// A request is done with; true when the round is over.
    func closed() -> Bool {
        state.withLock { state in
            state.open -= 1
            return state.open == 0
        }
    }

    /// Takes the message back from delivery; false when something of it is under way.
    func withdraw() -> Bool {
        state.withLock { state in
            guard state.busy == 0, state.failed.isEmpty else { return false }
            state.isWithdrawn = true
            return true
        }
    }
}
