// SPDX-License-Identifier: Apache-2.0

import Balancing
import Control
import NIOCore
import Reception
import Synchronization

/// The pools of the process by name, as the balancer finds them: a reload may add pools and change what they are told.
final class PoolDirectory: Sendable {
    private let receivers = Mutex<[String: Receiver]>([:])
    private let make: @Sendable (PoolSettings) -> Receiver?

    /// - Parameter make: opens a pool; nil when the process has no queue to put mail into.
    init(make: @escaping @Sendable (PoolSettings) -> Receiver?) {
        self.make = make
    }

    /// Opens pools that are new and tells the others their settings; a pool that is gone serves its sessions to their end.
    func apply(_ pools: [PoolSettings]) {
        receivers.withLock { receivers in
            var kept: [String: Receiver] = [:]
            for pool in pools {
                if let receiver = receivers[pool.name] {
                    receiver.reload(pool)
                    kept[pool.name] = receiver
                } else {
                    kept[pool.name] = make(pool)
                }
            }
            receivers = kept
        }
    }

    /// What the pools count, by name.
    var counters: [CounterGroup] {
        receivers.withLock { $0 }.sorted { $0.key < $1.key }.map { name, receiver in
            CounterGroup(part: "pool", name: name, of: receiver.statistics)
        }
    }

    /// The ways into the pools, by name.
    var entrances: [String: PoolEntrance] {
        receivers.withLock { receivers in
            receivers.mapValues { receiver in { channel, header in receiver.receive(channel, header: header) } }
        }
    }
}
