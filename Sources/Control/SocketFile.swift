// SPDX-License-Identifier: Apache-2.0

// why: the owner and mode of a socket file must be set before it listens, and NIO has no door for that.
import Glibc

/// The file of a UNIX socket: made with its owner and mode before anybody can connect, removed when it is still ours.
package struct SocketFile: Sendable {
    /// Where it is, absolute.
    package let path: String
    private let device: UInt
    private let inode: UInt

    /// Why there is no socket.
    package struct Failure: Error, Sendable, Equatable {
        /// For people: what failed and what the kernel said.
        package var text: String

        /// Why there is no socket.
        package init(text: String) {
            self.text = text
        }
    }

    /// Binds a socket and puts it in place of a stale one; returns it with a descriptor that listens.
    ///
    /// Never takes the place of a socket that somebody answers, nor of a file that is no socket. Blocks.
    package static func make(_ settings: StatsSocketSettings, at path: String) throws(Failure) -> (SocketFile, Int32) {
        try checkFree(path)
        let temporary = "\(path).\(getpid()).tmp"
        unlink(temporary)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(text: "socket: \(reason())") }
        do throws(Failure) {
            try bindUNIX(descriptor, temporary)
            if let mode = settings.mode, chmod(temporary, mode_t(truncatingIfNeeded: mode & 0o777)) != 0 {
                throw Failure(text: "cannot set mode \(String(mode, radix: 8)): \(reason())")
            }
            if settings.user != nil || settings.group != nil { try own(temporary, settings) }
            guard listen(descriptor, 128) == 0 else { throw Failure(text: "listen: \(reason())") }
            var facts = stat()
            guard lstat(temporary, &facts) == 0, rename(temporary, path) == 0 else {
                throw Failure(text: "cannot put it in place: \(reason())")
            }
            return (SocketFile(path: path, device: UInt(facts.st_dev), inode: UInt(facts.st_ino)), descriptor)
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
    }

    /// Removes the file unless another process has put its own socket there meanwhile. Blocks.
    package func remove() {
        var facts = stat()
        guard lstat(path, &facts) == 0, UInt(facts.st_dev) == device, UInt(facts.st_ino) == inode else { return }
        unlink(path)
    }

    /// A descriptor of one's own for an inherited socket; nil when it is none.
    package static func duplicate(_ descriptor: Int32) -> Int32? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        return copy >= 0 ? copy : nil
    }

    private static func checkFree(_ path: String) throws(Failure) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            guard errno == ENOENT else { throw Failure(text: reason()) }
            return
        }
        guard facts.st_mode & S_IFMT == S_IFSOCK else { throw Failure(text: "there is a file that is no socket") }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(text: "socket: \(reason())") }
        defer { close(descriptor) }
        let status = try withAddress(path) { connect(descriptor, $0, $1) }
        if status != 0, errno == ECONNREFUSED || errno == ENOENT { return }
        throw Failure(text: status == 0 || errno == EAGAIN ? "another process listens on it" : reason())
    }

    private static func bindUNIX(_ descriptor: Int32, _ path: String) throws(Failure) {
        let status = try withAddress(path) { bind(descriptor, $0, $1) }
        guard status == 0 else { throw Failure(text: reason()) }
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
            throw Failure(text: "the path must have 1 to \(room - 24) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func own(_ path: String, _ settings: StatsSocketSettings) throws(Failure) {
        var user = uid_t.max
        var group = gid_t.max
        if let name = settings.user {
            if let number = uid_t(name) {
                user = number
            } else if let entry = getpwnam(name) {
                user = entry.pointee.pw_uid
            } else {
                throw Failure(text: "there is no user '\(name)'")
            }
        }
        if let name = settings.group {
            if let number = gid_t(name) {
                group = number
            } else if let entry = getgrnam(name) {
                group = entry.pointee.gr_gid
            } else {
                throw Failure(text: "there is no group '\(name)'")
            }
        }
        guard chown(path, user, group) == 0 else {
            throw Failure(
                text: "cannot give it to \(settings.user ?? "")\(settings.group.map { ":" + $0 } ?? ""): \(reason())"
            )
        }
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}
