// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Statistics

/// How the balancer hands a connection to a pool: called on the channel's event loop with the accepted channel, whose
/// pipeline it fills, and with the encoded PROXY header that the pool's decoder must read first.
package typealias PoolEntrance = @Sendable (_ channel: any Channel, _ header: ByteBuffer) -> Void

/// How listeners get a socket that somebody else opened: the descriptor for a systemd name, or for an address that one of
/// the inherited sockets is bound to. Nil: there is none, the listener binds by itself.
package typealias InheritedSockets = @Sendable (_ address: BindSettings.Address) -> Int32?

/// Owns frontends, backends and every session between them.
package final class Balancer: Sendable {
    private let settings: BalancerSettings

    /// - Parameters:
    ///   - pools: the entrances of this process's pools, by name.
    ///   - inherited: where inherited sockets come from.
    package init(
        settings: BalancerSettings,
        group: any EventLoopGroup,
        pools: [String: PoolEntrance],
        inherited: @escaping InheritedSockets,
        log: any LogSink
    ) {
        self.settings = settings
    }

    /// Opens every listener, one per event loop, and starts the checks; returns when all of them accept.
    ///
    /// - Throws: `ListenError` with the bind line that failed and why.
    package func start() async throws {}

    /// Takes new settings: frontends and servers that did not change keep their listeners, counters and state.
    package func reload(_ settings: BalancerSettings) async throws {}

    /// Closes the listeners, asks every session to end at its next transaction boundary, and returns when all have ended
    /// or `grace` milliseconds have passed; then it closes what is left.
    package func shutDown(grace: Int) async {}
}

// What operators do and see (HAProxy management guide 9.3).
extension Balancer {
    /// Rows of `show stat`, in HAProxy's order.
    package func rows() -> [StatisticsRow] { [] }

    /// Lines of `show sess`.
    package func sessions() -> [SessionRow] { [] }

    /// Lines of `show servers state`.
    package func serverStates() -> [ServerStateRow] { [] }

    /// `set server`, `disable server`, `enable server`.
    package func set(server: String, of backend: String, to state: AdministrativeState) throws(OperationError) {}

    /// `set weight`; `relative` is a percentage of the configured weight.
    package func set(weight: Int, relative: Bool, of server: String, in backend: String) throws(OperationError) {}

    /// `get weight`: the weight now and the configured one.
    package func weight(of server: String, in backend: String) throws(OperationError) -> (current: Int, initial: Int) {
        throw .noSuchBackend
    }

    /// `shutdown session`: asks one session to end; false when there is no such session.
    package func shutDown(session: UInt64) -> Bool { false }

    /// `shutdown sessions server`: asks every session of a server to end.
    package func shutDownSessions(of server: String, in backend: String) throws(OperationError) {}

    /// `disable frontend`, `enable frontend`: stops or resumes accepting.
    package func set(frontend: String, accepting: Bool) throws(OperationError) {}
}

/// What an operator wants of a server.
package enum AdministrativeState: Sendable, Equatable {
    case ready
    case drain
    case maintenance
}

/// Why an operation on the balancer could not be done; texts are HAProxy's and belong to Control.
package enum OperationError: Error, Sendable, Equatable {
    case noSuchFrontend
    case noSuchBackend
    case noSuchServer
    case valueOutOfRange
}
