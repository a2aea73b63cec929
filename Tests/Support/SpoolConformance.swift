// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
package import Spooling

/// What a store does not do as the `Spool` protocol says.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The rules every store must keep, as cases that each get a new store; a case throws what is wrong.
package struct SpoolConformance: Sendable, CustomStringConvertible {
    /// The name of the case.
    package let description: String
    /// Runs the case on an empty store, which keeps the time of `clock`.
    package let run: @Sendable (_ spool: any Spool, _ clock: TestClock) async throws -> Void

    package init(_ name: String, _ run: @escaping @Sendable (any Spool, TestClock) async throws -> Void) {
        description = name
        self.run = run
    }

    /// Every case there is.
    package static let cases = taking + delivering + operating
}

/// Throws unless the condition holds.
package func require(_ condition: Bool, _ text: @autoclosure () throws -> String) throws {
    if !condition { throw ConformanceFailure(try text()) }
}

/// Throws unless both are the same.
package func require<Value: Equatable>(_ found: Value, is expected: Value, _ what: String) throws {
    if found != expected { throw ConformanceFailure("\(what): found \(found), expected \(expected)") }
}

/// Throws unless the work throws that error.
package func require(_ what: String, fails expected: SpoolError, _ work: () throws -> Void) throws {
    do {
        try work()
    } catch let error as SpoolError {
        return try require(error, is: expected, what)
    }
    throw ConformanceFailure("\(what): did not fail")
}

extension Envelope {
    /// An envelope for tests, as a session makes it.
    package static func sample(_ recipients: String..., sender: String = "sender@example.org") -> Envelope {
        Envelope(
            id: QueueID(value: 0),
            sender: sender,
            recipients: (recipients.isEmpty ? ["one@example.net"] : recipients).map { Recipient(address: $0) },
            arrival: 0,
            size: 0
        )
    }
}

extension Recipient {
    /// The recipient after an attempt.
    package func after(_ state: State, due: Int64 = 0, reason: String = "") -> Recipient {
        var recipient = self
        recipient.state = state
        recipient.due = state == .pending ? due : recipient.due
        recipient.attempts += 1
        recipient.reason = reason
        return recipient
    }
}

extension Spool {
    /// Drafts and commits a message, the body in pieces of `piece` bytes, and waits where the draft says so.
    package func accept(_ envelope: Envelope, _ body: ByteBuffer, piece: Int = 65_536) async throws -> QueuedMessage {
        let draft = try draft()
        try await draft.fill(body, piece: piece)
        return try await commit(draft, envelope).get()
    }

    package func accept(_ envelope: Envelope, _ body: String = "Subject: hello\r\n\r\nworld\r\n") async throws
        -> QueuedMessage
    {
        try await accept(envelope, ByteBuffer(string: body))
    }

    package func commit(_ draft: any Draft, _ envelope: Envelope) async -> Result<QueuedMessage, SpoolError> {
        await withCheckedContinuation { continuation in
            commit(draft, envelope) { continuation.resume(returning: $0) }
        }
    }

    package func record(_ outcome: Outcome) async -> Result<OutcomeReceipt, SpoolError> {
        await withCheckedContinuation { continuation in
            record(outcome) { continuation.resume(returning: $0) }
        }
    }

    /// Records that all recipients have been delivered.
    package func deliver(_ envelope: Envelope) async throws -> OutcomeReceipt {
        let recipients = envelope.recipients.enumerated().map {
            (index: $0.offset, recipient: $0.element.after(.delivered))
        }
        return try await record(Outcome(id: envelope.id, recipients: recipients)).get()
    }

    /// The whole body, asked for in pieces.
    package func wholeBody(of id: QueueID, piece: Int = 1 << 20) throws(SpoolError) -> ByteBuffer {
        var whole = ByteBuffer()
        while true {
            let bytes = try body(of: id, offset: whole.readableBytes, limit: piece)
            if bytes.readableBytes == 0 { return whole }
            whole.writeImmutableBuffer(bytes)
        }
    }
}

extension Draft {
    /// Appends everything in pieces, and waits where the draft says so.
    package func fill(_ body: ByteBuffer, piece: Int = 65_536) async throws {
        var rest = body
        while let bytes = rest.readSlice(length: min(piece, rest.readableBytes)), bytes.readableBytes > 0 {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                do throws(SpoolError) {
                    let room = try append(bytes) { continuation.resume() }
                    if room == .ready { continuation.resume() }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// A body of `count` bytes that differ from place to place.
package func sampleBody(_ count: Int, seed: UInt8 = 0) -> ByteBuffer {
    var body = ByteBuffer()
    body.reserveCapacity(count + 8)
    var word = UInt64(seed) &+ 1
    while body.readableBytes < count {
        word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        body.writeInteger(word)
    }
    body.moveWriterIndex(to: count)
    return body
}
