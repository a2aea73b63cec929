// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder that is gone when the test is.
package final class TemporarySpoolFolder: Sendable {
    package let path: String

    package init() throws {
        let name = "/tmp/relaybox-spool.XXXXXX"
        var template = name.utf8CString.map { $0 }
        guard let made = mkdtemp(&template) else { throw ConformanceFailure("no temporary folder: errno \(errno)") }
        path = String(cString: made)
    }

    deinit {
        Folder.remove(path)
    }

    /// The names in a folder below this one, in order.
    package func names(in folder: String = "") -> [String] {
        Folder.names("\(path)/\(folder)").sorted()
    }

    /// A copy of everything as it is now: what a crash would leave.
    package func copy() throws -> TemporarySpoolFolder {
        let copy = try TemporarySpoolFolder()
        Folder.copy(path, to: copy.path)
        return copy
    }

    /// Replaces the bytes of a file from `offset` on.
    package func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) {
        let file = open("\(path)/\(name)", O_WRONLY)
        pwrite(file, bytes, bytes.count, off_t(offset))
        close(file)
    }

    /// The bytes of a file; none when there is none.
    package func bytes(_ name: String) -> [UInt8] {
        let file = open("\(path)/\(name)", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: max(0, size(name)))
        return read(file, &bytes, bytes.count) == bytes.count ? bytes : []
    }

    /// Makes a file with these bytes.
    package func make(_ name: String, _ bytes: [UInt8]) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT, 0o600)
        write(file, bytes, bytes.count)
        close(file)
    }

    package func remove(_ name: String) {
        unlink("\(path)/\(name)")
    }

    /// The length of a file in bytes; -1 when there is none.
    package func size(_ name: String) -> Int {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : -1
    }

    /// The permission bits of a file or folder.
    package func mode(_ name: String = "") -> Int {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_mode & 0o777) : -1
    }
}

/// What folders need and the standard library has no word for.
private enum Folder {
    static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { text in
                text.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func remove(_ path: String) {
        guard isFolder(path) else {
            unlink(path)
            return
        }
        for name in names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    static func copy(_ source: String, to target: String) {
        guard isFolder(source) else { return copyFile(source, to: target) }
        mkdir(target, 0o700)
        for name in names(source) { copy("\(source)/\(name)", to: "\(target)/\(name)") }
    }

    private static func copyFile(_ source: String, to target: String) {
        let input = open(source, O_RDONLY)
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(input, &bytes, bytes.count)
            guard count > 0 else { break }
            write(output, bytes, count)
        }
        close(input)
        close(output)
    }
}
