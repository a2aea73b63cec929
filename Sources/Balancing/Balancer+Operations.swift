// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import Statistics

// What operators do and see (HAProxy management guide 9.3).
extension Balancer {
    /// Rows of `show stat`, in HAProxy's order: proxies as in the file, of each the frontend, the servers, the backend.
    package func rows() -> [StatisticsRow] {
        let current = state.withLock { $0 }
        let now = switchboard.environment.uptime
        return proxyNames(current).enumerated().flatMap { offset, name in
            var rows: [StatisticsRow] = []
            if let frontend = current.frontends[name] {
                let isOpen = current.listeners.contains { $0.frontend === frontend }
                rows.append(
                    StatisticsRow(frontend, id: Balancer.firstID + offset, isOpen: isOpen, gate: switchboard.gate)
                )
            }
            if let backend = current.backends[name] {
                rows += backend.rows(id: Balancer.firstID + offset, now: now)
            }
            return rows
        }
    }

    /// Lines of `show sess`.
    package func sessions() -> [SessionRow] {
        let now = NIODeadline.now()
        return switchboard.registry.all.map { $0.row(at: now) }
    }

    /// Lines of `show servers state`.
    package func serverStates() -> [ServerStateRow] {
        let current = state.withLock { $0 }
        let now = switchboard.environment.uptime
        return proxyNames(current).enumerated().flatMap { offset, name in
            current.backends[name]?.stateRows(id: Balancer.firstID + offset, now: now) ?? []
        }
    }

    /// `set server`, `disable server`, `enable server`.
    package func set(server: String, of backend: String, to state: AdministrativeState) throws(OperationError) {
        try find(backend).set(server, to: state)
    }

    /// `set weight`; `relative` is a percentage of the configured weight.
    package func set(weight: Int, relative: Bool, of server: String, in backend: String) throws(OperationError) {
        try find(backend).set(server, weight: weight, relative: relative)
    }

    /// `get weight`: the weight now and the configured one.
    package func weight(of server: String, in backend: String) throws(OperationError) -> (current: Int, initial: Int) {
        try find(backend).weights(of: server)
    }

    /// `shutdown session`: asks one session to end; false when there is no such session.
    package func shutDown(session: UInt64) -> Bool {
        guard let session = switchboard.registry[session] else { return false }
        session.end(.killed)
        return true
    }

    /// `shutdown sessions server`: asks every session of a server to end.
    package func shutDownSessions(of server: String, in backend: String) throws(OperationError) {
        _ = try find(backend).weights(of: server)
        for session in switchboard.registry.all {
            let facts = session.current
            if facts.backend == backend, facts.server == server { session.end(.killed) }
        }
    }

    /// `disable frontend`, `enable frontend`: stops or resumes accepting. Who connects meanwhile waits in the kernel's queue.
    package func set(frontend: String, accepting: Bool) throws(OperationError) {
        guard let found = state.withLock({ $0.frontends[frontend] }) else { throw .noSuchFrontend }
        guard found.setAccepting(accepting) else { return }
        switchboard.environment.log(.warning, "\(accepting ? "Resumed" : "Paused") frontend \(frontend).")
        switchboard.gate.resume()
    }

    /// HAProxy gives 1 to a proxy of its own.
    private static let firstID = 2

    private func find(_ backend: String) throws(OperationError) -> Backend {
        guard let found = state.withLock({ $0.backends[backend] }) else { throw .noSuchBackend }
        return found
    }

    /// The proxies in the order of the file; those the order does not name come last.
    private func proxyNames(_ state: State) -> [String] {
        var names = state.settings.order
        var known = Set(names)
        for name in state.settings.frontends.map(\.name) + state.settings.backends.map(\.name)
        where known.insert(name).inserted {
            names.append(name)
        }
        return names
    }
}

/// What an operator wants of a server.
package enum AdministrativeState: Sendable, Equatable {
    /// It takes sessions, as far as checks and weight let it.
    case ready
    /// It keeps its sessions and gets no new ones; checks go on.
    case drain
    /// As `drain`, and it is not checked.
    case maintenance
}

/// Why an operation on the balancer could not be done; texts are HAProxy's and belong to Control.
package enum OperationError: Error, Sendable, Equatable {
    /// No frontend of this configuration has the name.
    case noSuchFrontend
    /// No backend of this configuration has the name.
    case noSuchBackend
    /// The backend has no server of the name.
    case noSuchServer
    /// A weight below 0, or an absolute one above 256.
    case valueOutOfRange
}
