// SPDX-License-Identifier: Apache-2.0

import Spooling

/// A message's part for one destination: the recipients that go there, and what became of them (Postfix: a delivery
/// request).
///
/// Belongs to one lane's event loop. Recipients that failed for good are kept with the round, so that one report tells
/// the sender about all of them and becomes durable together with their results.
final class DeliveryRequest {
    let round: DeliveryRound
    /// Indices of recipients without a result in this round.
    private(set) var remaining: [Int]
    /// Indices of recipients in the transaction under way.
    private(set) var current: [Int] = []
    /// When the transaction under way was given to a connection, and how long that connection took to set up before.
    var started: Int64 = 0
    var connecting: Int64 = 0
    /// Results not yet recorded, but for those that failed.
    var settled: [(index: Int, recipient: Recipient)] = []
    private var isUnderWay = false

    init(_ round: DeliveryRound, recipients: [Int]) {
        self.round = round
        remaining = recipients
    }

    var message: QueuedMessage { round.message }
    /// The queue id as text.
    var name: String { round.name }
    /// When the round began, milliseconds since 1970.
    var activated: Int64 { round.activated }
    var envelope: Envelope { round.message.envelope }
    /// The body if it is in memory.
    var body: HeldBody? { round.message.body }
    var isReport: Bool { round.isReport }

    /// Claims the message for what comes next; false when an operator took it back.
    func claim() -> Bool {
        guard !isUnderWay else { return true }
        isUnderWay = round.begin()
        return isUnderWay
    }

    /// Gives the claim up: all results are noted.
    func unclaim() {
        guard isUnderWay else { return }
        isUnderWay = false
        round.pause()
    }

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
