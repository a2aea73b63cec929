// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
import Statistics

/// The durable queue: what is committed here survives a crash, and nothing else is ever acknowledged.
///
/// All methods may be called from any thread and return at once unless they say that they block. Completions run on the
/// store's own thread, once each, in order of commit; a caller on an event loop hops back by itself.
package protocol Spool: AnyObject, Sendable {
    /// Counters and health, for `show info`, the log and the gate in front of MAIL.
    var statistics: SpoolStatistics { get }

    /// Opens a new message: draws its id and makes room for its body.
    ///
    /// - Throws: `SpoolError.full`, `.disk` or `.closing` where a commit would fail anyway: the pool answers MAIL with it.
    func draft() throws(SpoolError) -> any Draft

    /// Commits a draft: body and envelope are on stable storage when the completion gets a success.
    ///
    /// The message handed to the completion still holds its body in memory when the budget allows. The committed
    /// envelope's id, size and arrival are the spool's; recipients without a due time are due at once.
    func commit(
        _ draft: any Draft,
        _ envelope: Envelope,
        completion: @escaping @Sendable (Result<QueuedMessage, SpoolError>) -> Void
    )

    /// Commits what became of recipients, and removes the message once none of them is pending: durable like a commit.
    ///
    /// Reports that the outcome causes are committed in the same transaction as the outcome itself. A message that an
    /// operator deleted meanwhile is `.unknown`.
    func record(
        _ outcome: Outcome,
        completion: @escaping @Sendable (Result<OutcomeReceipt, SpoolError>) -> Void
    )

    /// Up to `limit` messages that have a pending recipient due at or before `time` (milliseconds since 1970) and are not
    /// held, oldest due time first, without those in `excluding`; and when the next one after them is due. Blocks.
    ///
    /// What is found is as old as the call: a message may have been committed, delivered or removed since, so whoever
    /// schedules it must leave out those it has come to know, or finished with, in the meantime.
    func due(
        at time: Int64,
        limit: Int,
        excluding: Set<QueueID>
    ) throws(SpoolError) -> (messages: [QueuedMessage], next: Int64?)

    /// Reads the body of a stored message. Blocks. A body above `limit` bytes comes in pieces: ask again with the offset.
    ///
    /// - Throws: `.disk` when what is stored is damaged or missing: before the first piece, never after it.
    func body(of id: QueueID, offset: Int, limit: Int) throws(SpoolError) -> ByteBuffer

    /// Messages in the queue in order of id, from `after` on, `limit` at most. Blocks.
    func list(after: QueueID?, limit: Int) throws(SpoolError) -> [Envelope]

    /// One message's envelope. Blocks.
    func envelope(of id: QueueID) throws(SpoolError) -> Envelope

    /// An operator's change to messages; returns how many were changed. Durable when it returns. Blocks, so it must not be
    /// called from a completion.
    func change(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Int

    /// Finishes everything that was submitted, then closes the store; later calls throw `.closing`. Blocks, so it must not
    /// be called from a completion.
    func close()
}

/// A message as delivery gets it.
package struct QueuedMessage: Sendable {
    /// As it was committed, changes of recipients included.
    package var envelope: Envelope
    /// The body if it is still in memory; nil means it must be read with `Spool.body`.
    package var body: HeldBody?

    /// What a commit hands on: with its body while the memory budget has room.
    package init(envelope: Envelope, body: HeldBody?) {
        self.envelope = envelope
        self.body = body
    }
}

/// A body in memory that counts against the spool's memory budget until nobody holds it.
package final class HeldBody: Sendable {
    /// As stored: the trace header included, without dot-stuffing.
    package let bytes: ByteBuffer
    private let budget: MemoryBudget

    /// Takes over `bytes`, whose size has already been reserved from `budget`.
    package init(reserved bytes: ByteBuffer, from budget: MemoryBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    deinit {
        budget.release(bytes.readableBytes)
    }
}

/// What one delivery attempt came to, for the recipients it concerned.
package struct Outcome: Sendable {
    /// The message it is about.
    package var id: QueueID
    /// Indices into the envelope's recipients, with their new state, due time, attempts and reason.
    package var recipients: [(index: Int, recipient: Recipient)]
    /// A report to the sender that must become durable together with the outcome: envelope without id, and body.
    package var report: (envelope: Envelope, body: ByteBuffer)?

    /// An outcome; the spool skips recipients that are not pending any more.
    package init(
        id: QueueID,
        recipients: [(index: Int, recipient: Recipient)],
        report: (envelope: Envelope, body: ByteBuffer)? = nil
    ) {
        self.id = id
        self.recipients = recipients
        self.report = report
    }
}

/// What the spool says after an outcome is durable.
package struct OutcomeReceipt: Sendable {
    /// Whether the message is gone: every recipient had a final result.
    package var removed: Bool
    /// The report that was committed along with it, ready for delivery.
    package var report: QueuedMessage?

    /// What the completion of `Spool.record` gets.
    package init(removed: Bool, report: QueuedMessage? = nil) {
        self.removed = removed
        self.report = report
    }
}

/// What an operator does to queued messages (Postfix: postsuper -h -H -d -r, postqueue -i).
package enum QueueChange: Sendable, Equatable {
    case hold
    case release
    case delete
    /// Makes every pending recipient due at this time, milliseconds since 1970.
    case reschedule(Int64)
}
