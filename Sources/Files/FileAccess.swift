// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// How a role reaches the files that its settings name: roles have no disk of their own, and tests have none at all.
package struct FileAccess: Sendable {
    /// The stamp of the file at a path; throws why there is none.
    package var stamp: @Sendable (_ path: String) throws -> FileStamp
    /// The bytes of the file at a path, `limit` at most; throws why they cannot be read.
    package var read: @Sendable (_ path: String, _ limit: Int) throws -> [UInt8]
    /// Runs what waits for the disk where nobody waits for it.
    package var offload: @Sendable (@escaping @Sendable () -> Void) -> Void

    /// Doors of a test's own, or of another kind of store. None of them is called on an event loop.
    package init(
        stamp: @escaping @Sendable (_ path: String) throws -> FileStamp,
        read: @escaping @Sendable (_ path: String, _ limit: Int) throws -> [UInt8],
        offload: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { work in
            DispatchQueue.global().async(execute: work)
        }
    ) {
        self.stamp = stamp
        self.read = read
        self.offload = offload
    }

    /// The regular files of this host.
    package static let host = FileAccess(
        stamp: { try HostFile.stamp(of: $0) },
        read: { try HostFile.read($0, limit: $1) }
    )

    /// No files at all.
    package static let none = FileAccess(
        stamp: { throw Absent(path: $0) },
        read: { path, _ in throw Absent(path: path) }
    )

    private struct Absent: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path): no files can be read here" }
    }
}
