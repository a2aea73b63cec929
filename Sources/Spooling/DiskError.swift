// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A system call on the disk that failed: what was tried, where, and errno.
struct DiskError: Error, Sendable, Equatable {
    let operation: String
    let path: String
    let code: Int32

    /// The error of the call that has just failed.
    init(_ operation: String, _ path: String) {
        self.init(operation, path, code: errno)
    }

    init(_ operation: String, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// A file whose content is not what was written to it: a bad checksum, or an end where there should be more.
    init(damagedIn path: String) {
        self.init("trust", path, code: EBADMSG)
    }

    /// The error a fault stands for; nil when the operation goes on, if only in part.
    init?(_ fault: DiskFault?, _ operation: String, _ path: String) {
        switch fault {
        case .full: self.init(operation, path, code: ENOSPC)
        case .broken: self.init(operation, path, code: EIO)
        case .short, .free, nil: return nil
        }
    }

    /// Whether there was no room, on the device or in a quota.
    var isFull: Bool { DiskError.isFull(code) }

    static func isFull(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT }

    /// The error in words: `cannot sync /var/lib/relaybox/spool/segments/1: Input/output error`.
    var text: String {
        if code == EBADMSG { return "the checksum of what lies in \(path) is wrong" }
        return "cannot \(operation) \(path): \(DiskError.words(code))"
    }

    /// What the system calls an error.
    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// The error as the spool's callers see it.
    var spoolError: SpoolError { isFull ? .full : .disk(text) }
}
