// SPDX-License-Identifier: Apache-2.0

import Dispatch
import struct NIOCore.ByteBuffer
import Synchronization

/// A body on its way into a file of its own: takes pieces at once, writes them in order on the staging area's queue.
final class StagedBody: Sendable {
    private struct State {
        var file: DiskFile?
        var written = 0
        var checksum = Checksum()
        /// Bytes taken that are not written yet.
        var outstanding = 0
        var failure: SpoolError?
        var resume: (@Sendable () -> Void)?
    }

    private let id: QueueID
    private let area: StagingArea
    private let queue: DispatchQueue
    private let state = Mutex(State())

    init(_ id: QueueID, in area: StagingArea) {
        self.id = id
        self.area = area
        queue = area.queue(for: id)
    }

    /// Takes a piece; `release` is called when its memory is free again.
    func append(
        _ bytes: ByteBuffer,
        resume: @escaping @Sendable () -> Void,
        release: (@Sendable () -> Void)? = nil
    ) throws(SpoolError) -> DraftRoom {
        let room: DraftRoom = try state.withLock { state throws(SpoolError) in
            if let failure = state.failure { throw failure }
            state.outstanding += bytes.readableBytes
            guard state.outstanding > area.window else { return .ready }
            state.resume = resume
            return .wait
        }
        queue.async {
            self.write(bytes)
            release?()
        }
        return room
    }

    /// Reads what was taken before, once it is written.
    func read(at offset: Int, limit: Int, _ completion: @escaping @Sendable (Result<ByteBuffer, SpoolError>) -> Void) {
        queue.async {
            let (file, failure) = self.state.withLock { ($0.file, $0.failure) }
            if let failure { return completion(.failure(failure)) }
            guard let file, limit > 0 else { return completion(.success(ByteBuffer())) }
            var piece = ByteBuffer()
            do throws(DiskError) {
                try file.read(limit, at: offset, into: &piece)
                completion(.success(piece))
            } catch {
                completion(.failure(error.spoolError))
            }
        }
    }

    /// Makes the body and its name durable, then tells how long it is and its checksum.
    func finish(_ completion: @escaping @Sendable (Result<(size: Int, crc: UInt32), SpoolError>) -> Void) {
        queue.async {
            let (file, failure) = self.state.withLock { ($0.file, $0.failure) }
            do throws(DiskError) {
                if failure == nil {
                    // 1. the bytes, 2. the name; the row that refers to it comes after both.
                    try file?.sync()
                    try self.area.folder.sync()
                }
            } catch {
                self.fail(error)
            }
            let outcome = self.state.withLock { state -> Result<(size: Int, crc: UInt32), SpoolError> in
                state.file = nil
                if let failure = state.failure { return .failure(failure) }
                return .success((state.written, state.checksum.value))
            }
            if case .failure = outcome { try? self.area.folder.remove(StagingArea.name(self.id)) }
            self.area.ended()
            completion(outcome)
        }
    }

    /// Forgets the body and removes its file.
    func discard() {
        queue.async {
            let file = self.state.withLock { state in
                defer { state.file = nil }
                return state.file
            }
            if file != nil { try? self.area.folder.remove(StagingArea.name(self.id)) }
            self.area.ended()
        }
    }

    // MARK: on the queue

    private func write(_ bytes: ByteBuffer) {
        let (opened, position, failure) = state.withLock { ($0.file, $0.written, $0.failure) }
        if failure == nil {
            do throws(DiskError) {
                let file: DiskFile
                if let opened {
                    file = opened
                } else {
                    file = try area.folder.open(StagingArea.name(id), create: true)
                    state.withLock { $0.file = file }
                }
                try file.write(CollectionOfOne(bytes), at: position)
                area.note(bytes.readableBytes)
            } catch {
                fail(error)
            }
        }
        let resume = state.withLock { state -> (@Sendable () -> Void)? in
            bytes.withUnsafeReadableBytes { state.checksum.update($0) }
            state.written += bytes.readableBytes
            state.outstanding -= bytes.readableBytes
            guard state.outstanding <= area.window / 2 || state.failure != nil else { return nil }
            defer { state.resume = nil }
            return state.resume
        }
        resume?()
    }

    private func fail(_ error: DiskError) {
        state.withLock { $0.failure = $0.failure ?? error.spoolError }
        area.note(error)
    }
}
