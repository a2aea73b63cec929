// SPDX-License-Identifier: Apache-2.0

import Files
import Synchronization

/// Holds the host's own table of names and reads it again when its file has changed.
final class ResolverHosts: Sendable {
    private struct State {
        var table = HostsFile()
        var stamp: FileStamp?
        var looked: Int64?
    }

    /// Milliseconds between two looks at the file; also what is said as TTL of its names, in seconds.
    static let interval: Int64 = 2_000

    private let path: String?
    private let state = Mutex(State())

    init(path: String?) {
        self.path = path
    }

    /// The table as the file has been within the last two seconds.
    func table(now: Int64) -> HostsFile {
        guard let path else { return HostsFile() }
        return state.withLock { state in
            if let looked = state.looked, looked <= now, now - looked < Self.interval { return state.table }
            state.looked = now
            let stamp = try? HostFile.stamp(of: path)
            if stamp != state.stamp {
                state.table =
                    HostFile.text(of: path, limit: ResolverSettings.fileBytes).map { HostsFile($0) } ?? HostsFile()
                state.stamp = stamp
            }
            return state.table
        }
    }
}
