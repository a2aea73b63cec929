// SPDX-License-Identifier: Apache-2.0

/// What all sessions of the balancer share.
final class Switchboard: Sendable {
    let environment: Environment
    let registry = SessionRegistry()
    let arrivals = Arrivals()
    let gate: AcceptGate

    init(environment: Environment, connectionLimit: Int) {
        self.environment = environment
        gate = AcceptGate(limit: connectionLimit)
    }
}
