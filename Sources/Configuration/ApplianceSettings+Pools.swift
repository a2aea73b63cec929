// SPDX-License-Identifier: Apache-2.0

package import Balancing
import Reception

extension ApplianceSettings {
    /// The balancer's settings with the pools' own listeners: a pool that binds is a frontend `pool@NAME` whose only server
    /// is the pool, so there is one listener, one header decoder and one set of counters for both kinds.
    package var balancerWithPoolListeners: BalancerSettings {
        var balancer = balancer
        balancer.hostname = hostname
        balancer.logTag = logTag
        for pool in pools {
            let binds = poolListeners.filter { $0.pool == pool.name }.map(\.bind)
            guard !binds.isEmpty else { continue }
            let name = "pool@\(pool.name)"
            var frontend = FrontendSettings(name: name)
            frontend.binds = binds
            frontend.defaultBackend = name
            balancer.frontends.append(frontend)
            var backend = BackendSettings(name: name)
            backend.servers = [ServerSettings(name: pool.name, target: .pool(name: pool.name))]
            balancer.backends.append(backend)
            balancer.order.append(name)
        }
        return balancer
    }
}
