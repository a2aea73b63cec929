// SPDX-License-Identifier: Apache-2.0

import Spooling

/// One round of attempts for one message: its recipients that are due, and what became of them so far (Postfix: a
/// delivery request).
///
/// Belongs to one lane's event loop. Recipients that failed for good are kept back until the round is over, so that one
/// report tells the sender about all of them and becomes durable together with their results.
final class DeliveryRequest {
    let message: QueuedMessage
    /// The queue id as text.
    let name: String
    /// When the round began, milliseconds since 1970.
    let activated: Int64
    /// Indices of recipients without a result in this round.
    private(set) var remaining: [Int]
    /// Indices of recipients in the transaction under way.
    private(set) var current: [Int] = []
    /// When the transaction under way was given to a connection, and how long that connection took to set up before.
    var started: Int64 = 0
    var connecting: Int64 = 0
    /// Results not yet recorded, but for those that failed.
    var settled: [(index: Int, recipient: Recipient)] = []
    /// Results that a report to the sender is needed for.
    var failed: [(index: Int, result: RecipientResult)] = []
    var hasExpired = false
    /// Outcomes given to the spool and not answered yet.
    var unrecorded = 0
    /// Whether the last outcome of the round has been recorded.
    var isOver = false
    /// The earliest time a recipient deferred in this round is due again.
    var due: Int64?

    /// - Parameter now: milliseconds since 1970.
    init(_ message: QueuedMessage, now: Int64) {
        self.message = message
        name = message.envelope.id.description
        activated = now
        let recipients = message.envelope.recipients
        remaining = recipients.indices.filter { recipients[$0].state == .pending && recipients[$0].due <= now }
    }

    var envelope: Envelope { message.envelope }
    /// The body if it is in memory.
    var body: HeldBody? { message.body }

    /// Whether nothing of the message has been tried in this round.
    var isUntouched: Bool { settled.isEmpty && failed.isEmpty && unrecorded == 0 && current.isEmpty && started == 0 }

    var isReport: Bool { envelope.sender.isEmpty || envelope.traits.contains(.report) }

    /// Takes the next recipients, `limit` at most, for a transaction that begins now.
    func begin(limit: Int, now: Int64) {
        started = now
        if remaining.count <= limit {
            current = remaining
            remaining = []
        } else {
            current = Array(remaining.prefix(max(1, limit)))
            remaining.removeFirst(current.count)
        }
    }

    /// The transaction did not take place: its recipients are without a result again.
    func giveBack() {
        remaining.insert(contentsOf: current, at: 0)
        current = []
        started = 0
    }

    /// Takes the recipients of the transaction that is over.
    func takeCurrent() -> [Int] {
        defer { current = [] }
        return current
    }

    /// Takes all recipients that have no result: nothing more is attempted in this round.
    func takeRemaining() -> [Int] {
        defer { remaining = [] }
        return remaining
    }

    func delays(until now: Int64) -> DeliveryLog.Delays {
        let start = current.isEmpty && started == 0 ? now : started
        let wait = max(0, start - activated)
        let connecting = min(connecting, wait)
        return DeliveryLog.Delays(
            before: max(0, activated - envelope.arrival),
            queued: wait - connecting,
            connecting: connecting,
            transmitting: max(0, now - start)
        )
    }
}
