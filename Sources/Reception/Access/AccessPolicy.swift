// SPDX-License-Identifier: Apache-2.0

/// Owns one access list as a pure function of the client: its rules in order, the first that knows the client decides.
///
/// A client without identity is in no network and in no table, and nothing permits it.
package struct AccessPolicy: Sendable {
    /// A rule with its table at hand.
    package enum Rule: Sendable {
        case permitNetworks
        case permit
        case reject
        /// The table as it is now; nil when it could never be read.
        case table(@Sendable () -> AccessTable?)
    }

    private let rules: [Rule]

    /// Rules in the order of the list, their tables already looked for.
    package init(_ rules: [Rule]) {
        self.rules = rules
    }

    /// Whether nobody is judged.
    package var isEmpty: Bool { rules.isEmpty }

    /// - Parameter isTrusted: whether the client is in mynetworks, which was looked up already.
    package func verdict(on client: ClientIdentity, isTrusted: Bool) -> AccessVerdict {
        for rule in rules {
            switch rule {
            case .permitNetworks:
                if isTrusted { return .permit }
            case .permit:
                if client.address != nil { return .permit }
            case .reject:
                return .reject(AccessRefusal())
            case .table(let table):
                guard let table = table() else { return .unavailable }
                if let address = client.address, let verdict = table.verdict(on: address), verdict != .dunno {
                    return verdict
                }
            }
        }
        return .dunno
    }
}
