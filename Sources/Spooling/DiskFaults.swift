// SPDX-License-Identifier: Apache-2.0

/// What the spool asks of a disk, as a fault may hit it.
package enum DiskOperation: Sendable, Equatable {
    case open, preallocate, write, sync, syncFolder, remove, read
    /// The end of a transaction: the write-ahead log is written and synced.
    case commit
    /// The question how much is free.
    case freeSpace
}

/// What a disk answers when a test makes it fail.
package enum DiskFault: Sendable, Equatable {
    /// There is no space left (ENOSPC).
    case full
    /// The device failed (EIO).
    case broken
    /// One write takes only this many bytes.
    case short(Int)
    /// The file system has this many bytes free.
    case free(Int)
}

/// Where tests make the disk fail; a spool gets it when it is opened, and without a hook it costs one comparison.
package struct DiskFaults: Sendable {
    /// Asked before each operation on the path; nil lets it happen.
    private let hook: (@Sendable (DiskOperation, String) -> DiskFault?)?

    /// A disk that is left alone.
    package static let none = DiskFaults(hook: nil)

    /// `hook` is called on the spool's own threads, with the path of the file.
    package init(_ hook: @escaping @Sendable (DiskOperation, String) -> DiskFault?) {
        self.init(hook: hook)
    }

    private init(hook: (@Sendable (DiskOperation, String) -> DiskFault?)?) {
        self.hook = hook
    }

    func fault(_ operation: DiskOperation, _ path: String) -> DiskFault? {
        guard let hook else { return nil }
        return hook(operation, path)
    }
}
