// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The connections that wait for their PROXY header: not sessions yet, but somebody whom a stop must not forget.
final class Arrivals: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    var all: [any Channel] { channels.withLock { Array($0.values) } }

    func add(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = channel }
    }

    func remove(_ channel: any Channel) {
        channels.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}
