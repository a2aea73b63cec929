// SPDX-License-Identifier: Apache-2.0

package import Balancing
package import Statistics

/// What commands ask of the balancer, as closures, so that the commands can be tried without one.
package struct BalancerOperations: Sendable {
    /// What there is to see: rows of `show stat`, `show sess` and `show servers state`.
    package var rows: @Sendable () -> [StatisticsRow] = { [] }
    /// Lines of `show sess`, oldest first.
    package var sessions: @Sendable () -> [SessionRow] = { [] }
    /// Lines of `show servers state`, in the order of the file.
    package var serverStates: @Sendable () -> [ServerStateRow] = { [] }
    /// `set server ... state`; throws when there is no such server.
    package var setState:
        @Sendable (_ server: String, _ backend: String, AdministrativeState) throws(OperationError) -> Void =
            { _, _, _ throws(OperationError) in throw .noSuchBackend }
    /// `set weight`, in percent of the configured one where it is relative; throws when there is no such server, or no
    /// such weight.
    package var setWeight:
        @Sendable (Int, _ relative: Bool, _ server: String, _ backend: String) throws(OperationError) -> Void =
            { _, _, _, _ throws(OperationError) in throw .noSuchBackend }
    /// `get weight`.
    package var weight:
        @Sendable (_ server: String, _ backend: String) throws(OperationError) -> (current: Int, initial: Int) =
            { _, _ throws(OperationError) in throw .noSuchBackend }
    /// `shutdown session`, by its number; false when there is none.
    package var shutDownSession: @Sendable (UInt64) -> Bool = { _ in false }
    /// `shutdown sessions server`.
    package var shutDownSessions: @Sendable (_ server: String, _ backend: String) throws(OperationError) -> Void =
        { _, _ throws(OperationError) in throw .noSuchBackend }
    /// `enable frontend` and `disable frontend`.
    package var setFrontend: @Sendable (_ frontend: String, _ accepting: Bool) throws(OperationError) -> Void =
        { _, _ throws(OperationError) in throw .noSuchFrontend }

    /// Stick tables and address lists, for `show table`, `add acl` and their like.
    package var tables: @Sendable () -> [StickTable] = { [] }
    /// Address lists by their numbers in `show acl`.
    package var addressLists: @Sendable () -> [AddressList] = { [] }

    /// No balancer: nothing to see, nothing to operate.
    package init() {}

    /// The doors of a balancer.
    package init(_ balancer: Balancer) {
        rows = { balancer.rows() }
        tables = { balancer.tables }
        addressLists = { balancer.addressLists }
        sessions = { balancer.sessions() }
        serverStates = { balancer.serverStates() }
        setState = { server, backend, state throws(OperationError) in
            try balancer.set(server: server, of: backend, to: state)
        }
        setWeight = { weight, relative, server, backend throws(OperationError) in
            try balancer.set(weight: weight, relative: relative, of: server, in: backend)
        }
        weight = { server, backend throws(OperationError) in try balancer.weight(of: server, in: backend) }
        shutDownSession = { balancer.shutDown(session: $0) }
        shutDownSessions = { server, backend throws(OperationError) in
            try balancer.shutDownSessions(of: server, in: backend)
        }
        setFrontend = { frontend, accepting throws(OperationError) in
            try balancer.set(frontend: frontend, accepting: accepting)
        }
    }
}
