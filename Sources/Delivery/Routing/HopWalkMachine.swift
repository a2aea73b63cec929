// SPDX-License-Identifier: Apache-2.0

/// One search for a server that takes mail: the servers of the destination in order, then those of each fallback relay,
/// within the limits on addresses and sessions (Postfix: smtp_connect_inet).
///
/// A value: a message whose transaction fails goes on from a copy of the search that its connection came from.
package struct HopWalkMachine: Sendable {
    /// What is done next.
    package enum Action: Sendable, Equatable {
        /// The servers of this next hop are looked up.
        case resolve(DeliverySettings.NextHop)
        case connect(HopTarget)
        /// Nobody takes the mail; why, in the words of the last attempt.
        case fail(RecipientResult)
    }

    private var hops: ArraySlice<DeliverySettings.NextHop>
    private var targets: ArraySlice<HopTarget> = []
    private var sessions = 0
    private let sessionLimit: Int
    private var problem = RecipientResult(.deferred, dsn: "4.4.1", text: "no server to connect to")

    /// A search from the beginning. Mail for a content filter has no fallback relay.
    package init(_ hop: DeliverySettings.NextHop, _ settings: RoutingSettings) {
        hops = [hop]
        if hop.kind != .filter { hops += settings.fallbackRelays.filter { $0 != hop } }
        sessionLimit = settings.sessionLimit
    }

    /// Begins, or goes on with the next server.
    package mutating func next() -> Action {
        if sessionLimit <= 0 || sessions < sessionLimit, let target = targets.popFirst() { return .connect(target) }
        guard let hop = hops.popFirst() else { return .fail(problem) }
        sessions = 0
        targets = []
        return .resolve(hop)
    }

    /// The servers of a next hop are known.
    package mutating func resolved(_ result: Result<[HopTarget], RecipientResult>) -> Action {
        switch result {
        case .success(let found):
            targets = found[...]
        case .failure(let failure):
            problem = failure
            // why: a domain that takes no mail, or is ours, is not one that could not be found.
            if failure.dsn == "5.1.10" || failure.dsn == "5.4.6" { hops = [] }
        }
        return next()
    }

    /// A server could not be connected to.
    package mutating func connectFailed(_ result: RecipientResult) -> Action {
        problem = result
        return next()
    }

    /// A server was connected to and refused, or broke, before it took any mail. Does not count as a session.
    package mutating func refused(_ result: RecipientResult) -> Action {
        problem = result
        if result.status == .bounced { return .fail(result) }
        return next()
    }

    /// A transaction at the server that was found last ended, for some of its recipients, in a temporary failure.
    package mutating func transactionFailed(_ result: RecipientResult) -> Action {
        problem = result
        sessions += 1
        return next()
    }
}
