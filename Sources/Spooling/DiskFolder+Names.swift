// SPDX-License-Identifier: Apache-2.0

import Glibc

extension DiskFolder {
    /// Whether something has this name.
    static func holds(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Gives a file another name, in the place of what had it.
    static func rename(_ path: String, to other: String) throws(DiskError) {
        guard Glibc.rename(path, other) == 0 else { throw DiskError("rename", path) }
    }
}
