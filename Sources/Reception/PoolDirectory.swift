// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import Synchronization

/// The pools of the process by name: a reload may add pools and change what they are told.
package final class PoolDirectory: Sendable {
    private let open = Mutex<[String: Receiver]>([:])
    private let make: @Sendable (PoolSettings) -> Receiver?

    /// - Parameter make: opens a pool; nil when the process has no queue to put mail into.
    package init(make: @escaping @Sendable (PoolSettings) -> Receiver?) {
        self.make = make
    }

    /// Opens pools that are new and tells the others their settings; a pool that is gone serves its sessions to their end.
    /// Waits for the disk; one caller at a time.
    package func apply(_ pools: [PoolSettings]) {
        open.withLock { open in
            var kept: [String: Receiver] = [:]
            for pool in pools {
                if let receiver = open[pool.name] {
                    receiver.reload(pool)
                    kept[pool.name] = receiver
                } else {
                    kept[pool.name] = make(pool)
                }
            }
            open = kept
        }
    }

    /// The pools that are open, by name.
    package var receivers: [(name: String, receiver: Receiver)] {
        open.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The ways into the pools, by name: each takes a connection and its encoded PROXY header.
    package var entrances: [String: @Sendable (_ channel: any Channel, _ header: ByteBuffer) -> Void] {
        open.withLock { open in
            open.mapValues { receiver in { channel, header in receiver.receive(channel, header: header) } }
        }
    }
}
