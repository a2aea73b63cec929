// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Glibc

/// Owns the knowledge of which sockets systemd opened for this process (sd_listen_fds(3)): who asks by name or by address gets the
/// descriptor, and nobody closes it, so that a reload or a second listener on another event loop finds it again.
package struct InheritedDescriptors: Sendable {
    /// One passed descriptor with its FileDescriptorName= (the unit's name where the unit gives none).
    package struct Entry: Sendable, Equatable {
        /// FileDescriptorName=, by which `bind systemd@NAME` asks.
        package var name: String
        /// Open for the life of the process; whoever listens on it makes a duplicate.
        package var descriptor: Int32

        /// One descriptor from 3 on.
        package init(name: String, descriptor: Int32) {
            self.name = name
            self.descriptor = descriptor
        }
    }

    /// In the order of the socket units' Listen lines.
    package let entries: [Entry]

    /// A set of known descriptors: what tests and a hand-over from another process use.
    package init(_ entries: [Entry]) {
        self.entries = entries
    }

    /// Takes what the environment announces (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES) and clears it, so that no child believes it is
    /// meant. The descriptors become close-on-exec. Call it once, before any thread starts: it changes the environment.
    package static func adopt() -> InheritedDescriptors {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count > 0 else { return InheritedDescriptors([]) }
        var entries: [Entry] = []
        for offset in 0..<Int(count) {
            var name = "unknown"
            if let text = names?[offset] {
                name = String(cString: text)
                free(text)
            }
            entries.append(Entry(name: name, descriptor: Int32(SD_LISTEN_FDS_START) + Int32(offset)))
        }
        free(names)
        return InheritedDescriptors(entries)
    }

    /// Every descriptor of that name; empty when there is none.
    package func descriptor(named name: String) -> [Int32] {
        entries.filter { $0.name == name }.map(\.descriptor)
    }

    /// The listening TCP socket that serves `host` and `port`, nil when none does.
    ///
    /// `""`, `*` and `0.0.0.0` mean every IPv4 address and are served by a socket on `0.0.0.0` or by one on `::` that takes both
    /// families; `::` is served by a socket on `::` only. An exact match wins over a dual-stack one.
    package func descriptor(boundTo host: String, port: Int) -> Int32? {
        guard let wanted = BoundAddress(host: host, port: port) else { return nil }
        let listening = entries.compactMap { entry in
            BoundAddress(of: entry.descriptor).map { (entry.descriptor, $0) }
        }
        if let exact = listening.first(where: { $0.1 == wanted }) { return exact.0 }
        guard wanted.isEveryIPv4Address else { return nil }
        return listening.first { descriptor, address in
            address == BoundAddress(host: "::", port: port) && BoundAddress.takesBothFamilies(descriptor)
        }?.0
    }

    /// The listening UNIX socket at `path`, nil when there is none.
    package func descriptor(boundToPath path: String) -> Int32? {
        entries.first { BoundAddress(of: $0.descriptor) == .unix(path) }?.descriptor
    }

    /// Lets the kernel queue `backlog` connections of each listening socket again. Whoever takes a socket over may have set a
    /// shorter queue (SwiftNIO: 128), and a queue that is full at a restart turns clients away. Call it after the listeners started.
    package func restoreBacklog(_ backlog: Int = 4_096) {
        for entry in entries where BoundAddress(of: entry.descriptor) != nil {
            _ = listen(entry.descriptor, Int32(clamping: backlog))
        }
    }
}
