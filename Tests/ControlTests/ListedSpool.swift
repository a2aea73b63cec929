// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling
import Statistics
import Synchronization

/// A queue in memory, as far as operators see it.
final class ListedSpool: Spool {
    let statistics = SpoolStatistics()
    private let messages: Mutex<[Envelope]>
    private let text: String
    private let journal: Journal
    /// How often it can be read from before the disk fails.
    let healthyReads = Mutex(Int.max)

    init(_ messages: [Envelope], text: String = "", journal: Journal = Journal()) {
        self.messages = Mutex(messages)
        self.text = text
        self.journal = journal
    }

    /// `count` messages that arrived one after the other.
    convenience init(count: Int, journal: Journal = Journal()) {
        self.init(
            (0..<count).map { index in
                Envelope(
                    id: QueueID(value: 0x06_0000_0000_0000 + UInt64(index)),
                    sender: index % 2 == 0 ? "even@example.org" : "odd@example.org",
                    recipients: [Recipient(address: "to@example.net")],
                    arrival: 1_699_999_999_000,
                    size: 1_000
                )
            },
            journal: journal
        )
    }

    func draft() throws(SpoolError) -> any Draft { throw .closing }
    func commit(
        _ draft: any Draft,
        _ envelope: Envelope,
        completion: @escaping @Sendable (Result<QueuedMessage, SpoolError>) -> Void
    ) { completion(.failure(.closing)) }
    func record(_ outcome: Outcome, completion: @escaping @Sendable (Result<OutcomeReceipt, SpoolError>) -> Void) {
        completion(.failure(.closing))
    }
    func due(at time: Int64, limit: Int, excluding: Set<QueueID>) throws(SpoolError) -> (
        messages: [QueuedMessage], next: Int64?
    ) { ([], nil) }
    func body(of id: QueueID, offset: Int, limit: Int) throws(SpoolError) -> ByteBuffer {
        try read()
        // Pieces of seven bytes: nothing may depend on where the store cuts.
        return ByteBuffer(bytes: text.utf8.dropFirst(offset).prefix(min(limit, 7)))
    }
    func list(after: QueueID?, limit: Int) throws(SpoolError) -> [Envelope] {
        journal.note("list \(limit)")
        try read()
        return messages.withLock { messages in
            Array(messages.lazy.filter { $0.id.value > (after?.value ?? 0) }.prefix(limit))
        }
    }
    func envelope(of id: QueueID) throws(SpoolError) -> Envelope {
        guard let envelope = messages.withLock({ $0.first { $0.id == id } }) else { throw .unknown(id) }
        return envelope
    }
    func change(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Int {
        journal.note("\(change) \(ids.count)")
        let ids = Set(ids)
        return messages.withLock { messages in
            let count = messages.count { ids.contains($0.id) }
            if change == .delete { messages.removeAll { ids.contains($0.id) } }
            return count
        }
    }
    func close() {}

    private func read() throws(SpoolError) {
        let isHealthy = healthyReads.withLock { reads in
            reads -= 1
            return reads >= 0
        }
        if !isHealthy { throw .disk("cannot read it: Input/output error") }
    }
}
