// SPDX-License-Identifier: Apache-2.0

/// What tells whether a file was written or replaced.
package struct FileStamp: Sendable, Equatable {
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Bytes.
    package var size: Int64
    /// The file system, and the file's number in it: another file may have been moved into place.
    package var device: UInt64
    /// The inode number; a new file in place of the old one has another.
    package var node: UInt64

    /// A stamp as fstat(2) gives it.
    package init(modified: Int64, size: Int64, device: UInt64 = 0, node: UInt64 = 0) {
        self.modified = modified
        self.size = size
        self.device = device
        self.node = node
    }
}
