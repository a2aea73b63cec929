// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A folder of the spool.
struct DiskFolder: Sendable {
    let path: String
    let faults: DiskFaults

    /// A folder inside this one.
    func folder(_ name: String) -> DiskFolder {
        DiskFolder(path: "\(path)/\(name)", faults: faults)
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Makes the folder and those above it where missing, for nobody but the owner (mode 0700).
    func make() throws(DiskError) {
        if mkdir(path, 0o700) == 0 { return }
        if errno == EEXIST {
            var status = stat()
            guard stat(path, &status) == 0 else { throw DiskError("look at", path) }
            guard status.st_mode & S_IFMT == S_IFDIR else { throw DiskError("use", path, code: ENOTDIR) }
            return
        }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw DiskError("make the folder", path)
        }
        let above = DiskFolder(path: String(path[..<slash]), faults: faults)
        try above.make()
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw DiskError("make the folder", path) }
        try above.sync()
    }

    /// Opens the file `name` in the folder.
    func open(_ name: String, create: Bool) throws(DiskError) -> DiskFile {
        try DiskFile(path(of: name), create: create, faults: faults)
    }

    /// The names of the files in the folder, in no order.
    func names() throws(DiskError) -> [String] {
        guard let stream = opendir(path) else { throw DiskError("read the folder", path) }
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

    /// Removes the file `name`; one that is not there is fine.
    func remove(_ name: String) throws(DiskError) {
        let file = path(of: name)
        if let error = DiskError(faults.fault(.remove, file), "remove", file) { throw error }
        guard unlink(file) == 0 || errno == ENOENT else { throw DiskError("remove", file) }
    }

    /// Makes the names in the folder durable: after a file is made, before anything relies on finding it.
    func sync() throws(DiskError) {
        if let error = DiskError(faults.fault(.syncFolder, path), "sync the folder", path) { throw error }
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError("open the folder", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DiskError("sync the folder", path) }
    }

    /// Bytes the file system has for us.
    func free() throws(DiskError) -> Int {
        let fault = faults.fault(.freeSpace, path)
        if let error = DiskError(fault, "measure", path) { throw error }
        if case .free(let bytes) = fault { return bytes }
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw DiskError("measure", path) }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue
        )
    }
}
