// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// A draft of the embedded store: in memory while it is small and the budget allows, then in a file of its own.
final class EmbeddedDraft: Draft {
    /// What a draft becomes when it is committed.
    enum Body: Sendable {
        /// Its size is reserved from the budget.
        case memory(ByteBuffer)
        case staged(StagedBody)
    }

    private enum State {
        case memory
        case staged(StagedBody)
        case failed(SpoolError)
        case taken
    }

    let id: QueueID
    private(set) var size = 0
    private let budget: MemoryBudget
    private let threshold: Int
    private let area: StagingArea
    private var state = State.memory
    private var bytes = ByteBuffer()

    init(_ id: QueueID, budget: MemoryBudget, threshold: Int, area: StagingArea) {
        self.id = id
        self.budget = budget
        self.threshold = threshold
        self.area = area
    }

    deinit {
        budget.release(bytes.readableBytes)
        if case .staged(let body) = state { body.discard() }
    }

    func append(_ more: ByteBuffer, resume: @escaping @Sendable () -> Void) throws(SpoolError) -> DraftRoom {
        switch state {
        case .memory:
            let count = more.readableBytes
            if size + count <= threshold, budget.reserve(count) {
                bytes.writeImmutableBuffer(more)
                size += count
                return .ready
            }
            let body = try stage()
            return try append(more, to: body, resume: resume)
        case .staged(let body):
            return try append(more, to: body, resume: resume)
        case .failed(let error):
            throw error
        case .taken:
            throw .unknown(id)
        }
    }

    func read(
        at offset: Int,
        limit: Int,
        completion: @escaping @Sendable (Result<ByteBuffer, SpoolError>) -> Void
    ) {
        switch state {
        case .memory:
            let start = bytes.readerIndex + min(max(0, offset), size)
            let piece = bytes.getSlice(at: start, length: min(max(0, limit), bytes.writerIndex - start))
            completion(.success(piece ?? ByteBuffer()))
        case .staged(let body):
            body.read(at: max(0, offset), limit: min(max(0, limit), max(0, size - offset)), completion)
        case .failed(let error):
            completion(.failure(error))
        case .taken:
            completion(.failure(.unknown(id)))
        }
    }

    /// Ends the draft: hands its body over. Nil when that has happened before.
    func take() throws(SpoolError) -> Body? {
        switch state {
        case .memory:
            state = .taken
            defer { bytes = ByteBuffer() }
            return .memory(bytes)
        case .staged(let body):
            state = .taken
            return .staged(body)
        case .failed(let error):
            throw error
        case .taken:
            return nil
        }
    }

    /// Moves what there is to a file; its memory is given back when it is written.
    private func stage() throws(SpoolError) -> StagedBody {
        do throws(SpoolError) {
            let body = try area.begin(id)
            state = .staged(body)
            let former = bytes
            bytes = ByteBuffer()
            let count = former.readableBytes
            if count > 0 {
                _ = try body.append(former, resume: {}, release: { [budget] in budget.release(count) })
            }
            return body
        } catch {
            state = .failed(error)
            throw error
        }
    }

    private func append(
        _ more: ByteBuffer,
        to body: StagedBody,
        resume: @escaping @Sendable () -> Void
    ) throws(SpoolError) -> DraftRoom {
        let room = try body.append(more, resume: resume)
        size += more.readableBytes
        return room
    }
}
