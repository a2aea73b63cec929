// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads small files of this host whole. Every call waits for the disk.
package enum HostFile {
    /// Why a file could not be read, for people: begins with its path.
    package struct ReadError: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// What a path may lead to.
    package enum Kind: Sendable {
        /// A regular file.
        case regular
        /// Also a pipe or a device, which is read to its end as long as something comes: a command line's `/dev/stdin`.
        case stream
    }

    /// Milliseconds that a pipe or a device may stay silent.
    private static let silence: Int32 = 10_000

    /// A whole file of at most `limit` bytes.
    ///
    /// - Throws: `ReadError`, also for a file that is larger, for one of another kind, and for a stream that stays silent.
    package static func read(_ path: String, limit: Int, kind: Kind = .regular) throws(ReadError) -> [UInt8] {
        let bytes = try beginning(of: path, limit: limit + 1, kind: kind)
        guard bytes.count <= limit else {
            throw ReadError(description: "\(path): the file is larger than \(limit) bytes")
        }
        return bytes
    }

    /// The first `limit` bytes of a file, or all of it.
    ///
    /// - Throws: `ReadError`.
    package static func beginning(of path: String, limit: Int, kind: Kind = .regular) throws(ReadError) -> [UInt8] {
        // why: without O_NONBLOCK a pipe that nobody writes to keeps whoever opens it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw failure(path, errno) }
        // why here: what the path led to a moment ago may have been replaced.
        let isRegular = facts.st_mode & S_IFMT == S_IFREG
        guard isRegular || kind == .stream else { throw notRegular(path) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < limit {
            if !isRegular { try waitForBytes(descriptor, path) }
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
            if count < 0, errno == EINTR || (errno == EAGAIN && !isRegular) { continue }
            guard count >= 0 else { throw failure(path, errno) }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// Waits until there is something to read, or the end.
    private static func waitForBytes(_ descriptor: Int32, _ path: String) throws(ReadError) {
        var wish = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            let found = poll(&wish, 1, silence)
            if found < 0, errno == EINTR { continue }
            guard found >= 0 else { throw failure(path, errno) }
            guard found > 0 else {
                throw ReadError(description: "\(path): nothing came for \(silence / 1_000) seconds")
            }
            return
        }
    }

    /// The first `limit` bytes of a regular file as text; nil when it cannot be read.
    package static func text(of path: String, limit: Int) -> String? {
        guard let bytes = try? beginning(of: path, limit: limit) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The stamp of a regular file.
    ///
    /// - Throws: `ReadError`, also for what is no regular file: reading a pipe could take for ever.
    package static func stamp(of path: String) throws(ReadError) -> FileStamp {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw failure(path, errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw notRegular(path)
        }
        let seconds = Int64(facts.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue
        return FileStamp(
            modified: seconds &+ Int64(facts.st_mtim.tv_nsec),
            size: Int64(facts.st_size),
            device: UInt64(truncatingIfNeeded: facts.st_dev),
            node: UInt64(truncatingIfNeeded: facts.st_ino)
        )
    }

    private static func notRegular(_ path: String) -> ReadError {
        ReadError(description: "\(path): not a regular file")
    }

    private static func failure(_ path: String, _ code: Int32) -> ReadError {
        ReadError(description: "\(path): \(String(cString: strerror(code)))")
    }
}
