// SPDX-License-Identifier: Apache-2.0

/// How many connections a server may have at once (HAProxy configuration manual 5.2 `maxconn`, `minconn`; 4.2 `fullconn`): few
/// while the backend has little to do, all of them when it is full.
package struct ConnectionLimit: Sendable, Equatable {
    /// Connections; 0: no limit, which then knows no minimum either.
    package let maximum: Int
    /// Connections that the server may always have.
    package let minimum: Int

    /// A minimum above the maximum is the limit, whatever the load.
    package init(minimum: Int, maximum: Int) {
        self.maximum = max(minimum, maximum)
        self.minimum = minimum == 0 ? maximum : minimum
    }

    /// Whether it depends on the load.
    package var isDynamic: Bool { minimum < maximum }

    /// - Parameters:
    ///   - load: connections of the backend, those that wait for a server too.
    ///   - full: from how many on the backend is full.
    package func value(at load: Int, of full: Int) -> Int {
        guard isDynamic, load < full else { return maximum }
        return max(minimum, load * maximum / full)
    }
}

extension ServerSettings {
    var connectionLimit: ConnectionLimit {
        ConnectionLimit(minimum: minimumConnections, maximum: maximumConnections)
    }
}

extension BalancerSettings {
    /// `fullconn` of a backend; where it does not say, a tenth of what the frontends that lead to it take at once.
    func fullConnections(of backend: BackendSettings) -> Int {
        guard backend.fullConnections == 0 else { return backend.fullConnections }
        let frontends = frontends.filter { frontend in
            frontend.defaultBackend == backend.name
                || frontend.rules.switching.contains { $0.backend == backend.name }
        }
        let total = frontends.reduce(0) {
            $0 + ($1.maximumConnections > 0 ? $1.maximumConnections : maximumConnections)
        }
        return max(1, (total + 9) / 10)
    }
}
