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
        for pool in pools where !pool.listeners.isEmpty {
            let name = "pool@\(pool.name)"
            var frontend = FrontendSettings(name: name)
            frontend.binds = pool.listeners.map(BindSettings.init)
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

extension BindSettings {
    /// A pool's listener as the balancer opens it.
    init(_ listener: PoolListenerSettings) {
        switch listener.address {
        case .ip(let host, let port): self.init(address: .ip(host: host, port: port))
        case .unix(let path): self.init(address: .unix(path: path))
        case .systemd(let name): self.init(address: .systemd(name: name))
        }
        acceptProxy = listener.acceptProxy
        proxyFrom = listener.proxyFrom
        acceptsIPv4 = listener.acceptsIPv4
        headerTimeout = listener.headerTimeout
        backlog = listener.backlog
    }
}
