// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics
import Synchronization

/// One server of a backend as sessions see it: where it is and how to reach it. What changes lives in `ServerTable`.
final class Server: Sendable {
    let name: String
    let backend: String
    let settings: ServerSettings
    /// The entrance of its pool; nil for a server on the network.
    let entrance: PoolEntrance?
    let statistics: ProxyStatistics
    /// Connections that failed in a row, where they are watched.
    let connectErrors = ConnectErrors()
    /// Brings its next check forward; nil where it is not checked.
    let hurry = Mutex<(@Sendable () -> Void)?>(nil)
    /// What sessions found wrong with it.
    let traffic: ServerTraffic

    init(
        backend: String,
        settings: ServerSettings,
        entrance: PoolEntrance?,
        statistics: ProxyStatistics,
        traffic: ServerTraffic = ServerTraffic()
    ) {
        self.traffic = traffic
        name = settings.name
        self.backend = backend
        self.settings = settings
        self.entrance = entrance
        self.statistics = statistics
    }

    var isPool: Bool {
        switch settings.target {
        case .pool: true
        case .tcp, .unix: false
        }
    }

    /// The `addr` column of `show stat`.
    var address: String {
        switch settings.target {
        case .pool(let name): "pool@\(name)"
        case .tcp(let host, let port): "\(host):\(port)"
        case .unix(let path): "unix@\(path)"
        }
    }
}
