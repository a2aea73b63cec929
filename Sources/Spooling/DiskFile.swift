// SPDX-License-Identifier: Apache-2.0

import Glibc
import struct NIOCore.ByteBuffer

/// An open file of the spool; closed when nobody holds it any more.
final class DiskFile: Sendable {
    /// Buffers in one system call at most: far below IOV_MAX, and as deep as the recursion below gets.
    private static let gathered = 64

    let path: String
    private let descriptor: Int32
    private let faults: DiskFaults

    /// Opens the file for reading and writing, and makes it (mode 0600) when asked to.
    init(_ path: String, create: Bool, faults: DiskFaults) throws(DiskError) {
        if let error = DiskError(faults.fault(.open, path), "open", path) { throw error }
        descriptor = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 else { throw DiskError("open", path) }
        self.path = path
        self.faults = faults
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// The size of the file in bytes.
    var size: Int {
        get throws(DiskError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw DiskError("look at", path) }
            return Int(status.st_size)
        }
    }

    /// Makes the file `count` bytes long with its blocks set aside, so that writing needs no room and syncing no journal.
    func preallocate(_ count: Int) throws(DiskError) {
        if let error = DiskError(faults.fault(.preallocate, path), "make room for", path) { throw error }
        let code = posix_fallocate(descriptor, 0, off_t(count))
        guard code == 0 else { throw DiskError("make room for", path, code: code) }
    }

    /// Gives all blocks of the file back.
    func empty() throws(DiskError) {
        guard ftruncate(descriptor, 0) == 0 else { throw DiskError("empty", path) }
    }

    /// Writes what is readable in `buffers` one after the other, from `offset` on, in as few system calls as it takes.
    func write(_ buffers: some Collection<ByteBuffer>, at offset: Int) throws(DiskError) {
        var offset = offset
        var rest = buffers[...]
        while !rest.isEmpty {
            let now = rest.prefix(DiskFile.gathered)
            rest = rest.dropFirst(now.count)
            var vector: [iovec] = []
            vector.reserveCapacity(now.count)
            offset = try gather(now[...], into: &vector, at: offset)
        }
    }

    /// Collects where the buffers lie, one level of recursion a buffer so that every address stays valid, then writes.
    private func gather(
        _ buffers: some Collection<ByteBuffer>,
        into vector: inout [iovec],
        at offset: Int
    ) throws(DiskError) -> Int {
        guard let first = buffers.first else { return try writeAll(&vector, at: offset) }
        let outcome: Result<Int, DiskError> = first.withUnsafeReadableBytes { bytes in
            if let base = bytes.baseAddress, bytes.count > 0 {
                vector.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: base), iov_len: bytes.count))
            }
            do throws(DiskError) {
                return .success(try gather(buffers.dropFirst(), into: &vector, at: offset))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Writes the whole vector, going on after short writes; returns the offset behind it.
    private func writeAll(_ vector: inout [iovec], at start: Int) throws(DiskError) -> Int {
        var offset = start
        var first = 0
        while first < vector.count {
            let fault = faults.fault(.write, path)
            if let error = DiskError(fault, "write", path) { throw error }
            var written: Int
            if case .short(let limit) = fault {
                written = pwrite(
                    descriptor,
                    vector[first].iov_base,
                    min(max(1, limit), vector[first].iov_len),
                    off_t(offset)
                )
            } else {
                written = vector.withUnsafeBufferPointer { all in
                    pwritev(descriptor, all.baseAddress.map { $0 + first }, Int32(all.count - first), off_t(offset))
                }
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw DiskError("write", path)
            }
            guard written > 0 else { throw DiskError("write", path, code: ENOSPC) }
            offset += written
            while first < vector.count, written >= vector[first].iov_len {
                written -= vector[first].iov_len
                first += 1
            }
            if first < vector.count, written > 0 {
                vector[first].iov_base += written
                vector[first].iov_len -= written
            }
        }
        return offset
    }

    /// Reads up to `count` bytes at `offset` onto the end of `buffer`; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) {
        if let error = DiskError(faults.fault(.read, path), "read", path) { throw error }
        var missing = count
        while missing > 0 {
            let position = off_t(offset + count - missing)
            let wanted = missing
            var code: Int32 = 0
            let taken = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
                let count = pread(descriptor, room.baseAddress, wanted, position)
                if count < 0 { code = errno }
                return max(0, count)
            }
            if code == EINTR { continue }
            if code != 0 { throw DiskError("read", path, code: code) }
            if taken == 0 { return }
            missing -= taken
        }
    }

    /// Puts what was written on stable storage. After an error nothing written before may ever be taken for durable.
    func sync() throws(DiskError) {
        if let error = DiskError(faults.fault(.sync, path), "sync", path) { throw error }
        guard fdatasync(descriptor) == 0 else { throw DiskError("sync", path) }
    }
}
