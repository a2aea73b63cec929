// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The mark that one process owns a spool's folder; it goes with the process, however that ends.
final class DiskLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock; the error says who has it.
    init(_ folder: DiskFolder) throws(SpoolError) {
        let path = folder.path(of: "lock")
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .disk(DiskError("open", path).text) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let owner = DiskLock.text(descriptor)
            Glibc.close(descriptor)
            guard code == EWOULDBLOCK else { throw .disk(DiskError("lock", path, code: code).text) }
            throw .disk(
                "another relaybox\(owner.isEmpty ? "" : " (process \(owner))") uses the spool \(folder.path):"
                    + " stop it, or give this one a folder of its own"
            )
        }
        let owner = "\(getpid())\n"
        if ftruncate(descriptor, 0) == 0 { _ = owner.withCString { pwrite(descriptor, $0, strlen($0), 0) } }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// The digits at the beginning of the file.
    private static func text(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return String(decoding: digits, as: UTF8.self)
    }
}
