// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads small files of this host whole. Every call waits for the disk.
package enum HostFile {
    /// Why a file could not be read, for people: begins with its path.
    package struct ReadError: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A whole file of at most `limit` bytes; a pipe or a device is read to its end.
    ///
    /// - Throws: `ReadError`, also for a file that is larger.
    package static func read(_ path: String, limit: Int) throws(ReadError) -> [UInt8] {
        let bytes = try beginning(of: path, limit: limit + 1)
        guard bytes.count <= limit else {
            throw ReadError(description: "\(path): the file is larger than \(limit) bytes")
        }
        return bytes
    }

    /// The first `limit` bytes of a file, or all of it.
    ///
    /// - Throws: `ReadError`.
    package static func beginning(of path: String, limit: Int) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, errno) }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// The first `limit` bytes of a regular file as text; nil when it cannot be read.
    package static func text(of path: String, limit: Int) -> String? {
        guard (try? stamp(of: path)) != nil, let bytes = try? beginning(of: path, limit: limit) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The stamp of a regular file.
    ///
    /// - Throws: `ReadError`, also for what is no regular file: reading a pipe could take for ever.
    package static func stamp(of path: String) throws(ReadError) -> FileStamp {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw failure(path, errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw ReadError(description: "\(path): not a regular file")
        }
        let seconds = Int64(facts.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return FileStamp(
            modified: seconds &+ Int64(facts.st_mtim.tv_nsec),
            size: Int64(facts.st_size),
            device: UInt64(truncatingIfNeeded: facts.st_dev),
            node: UInt64(truncatingIfNeeded: facts.st_ino)
        )
    }

    private static func failure(_ path: String, _ code: Int32) -> ReadError {
        ReadError(description: "\(path): \(String(cString: strerror(code)))")
    }
}
