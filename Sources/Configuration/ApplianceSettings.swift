// SPDX-License-Identifier: Apache-2.0

package import Balancing
package import Control
package import Delivery
package import Reception
package import Spooling
package import Statistics

/// A whole `appliance.conf` as the roles read it.
package struct ApplianceSettings: Sendable, Equatable {
    /// `global hostname`; the host's own name when the file gives none.
    package var hostname = "localhost"
    /// `log` lines of `global`.
    package var logs: [LogTarget] = []
    /// `log-send-hostname`: this host's name in log lines; nil: the hostname.
    package var logHostname: String?
    /// `log-tag`: the identifier of the balancer's lines.
    package var logTag = "relaybox"
    /// `node`: the name of this process in `show info`; nil: the hostname.
    package var node: String?
    /// `description`: a text for `show info`.
    package var description: String?
    /// `nameserver`: who is asked for names; empty: the host's own resolver.
    package var nameservers: [Nameserver] = []
    /// `nbthread`: event loops; nil: as many as the machine has cores.
    package var threads: Int?
    /// `hard-stop-after`: milliseconds a stop may take before what is left is cut.
    package var hardStopAfter = 30_000
    /// `frontend`, `backend` and `listen` sections in `mode tcp`.
    package var balancer = BalancerSettings()
    /// `pool` sections in the order of the file; names are unique.
    package var pools: [PoolSettings] = []
    /// The pools' own listeners, for balancers on other hosts, in the order of the file.
    package var poolListeners: [PoolListener] = []
    /// Nil when the file has no `queue` section (and then no pool either).
    package var spool: SpoolSettings?
    /// The delivery half of `queue`.
    package var delivery = DeliverySettings()
    /// Stats sockets, and sections in `mode http`.
    package var control = ControlSettings()

    package init() {}
}

/// One address of a pool's own `bind` lines: the balancer opens it for the pool.
package struct PoolListener: Sendable, Equatable {
    /// The pool's name.
    package var pool: String
    /// As of a frontend.
    package var bind: BindSettings

    /// A listener of a pool that is in `ApplianceSettings.pools`.
    package init(pool: String, bind: BindSettings) {
        self.pool = pool
        self.bind = bind
    }
}

/// Where a name server answers.
package struct Nameserver: Sendable, Equatable {
    /// An IP address.
    package var address: String
    /// From 1 to 65535; 53 where the line has none.
    package var port: Int

    /// `address` is an IP address: a name server has no name to be asked for.
    package init(address: String, port: Int = 53) {
        self.address = address
        self.port = port
    }
}
