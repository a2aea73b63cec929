// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol

/// What a condition can say: also that it cannot be said yet.
package enum Verdict: Sendable, Equatable {
    /// It does not hold, whatever may come.
    case fails
    /// More of the client's bytes may change it.
    case missing
    /// It holds, whatever may come.
    case holds

    var inverted: Verdict {
        switch self {
        case .fails: .holds
        case .missing: .missing
        case .holds: .fails
        }
    }
}

/// Gives what conditions ask about, for one connection at one moment.
package protocol RuleFacts {
    /// Whether nothing more of the client is waited for.
    var isFinal: Bool { get }
    func sample(_ fetch: Fetch) -> Sample
    /// Whether the list with this place in `BalancerSettings.addressLists` holds the address.
    func list(_ index: Int, contains address: IPAddress) -> Bool
}

/// Owns an `if` or `unless` with its acls already put in place: alternatives of terms that must all hold (HAProxy
/// configuration manual 7.2).
package struct Condition: Sendable, Equatable {
    /// A fetch and the patterns one of which must match.
    package struct Test: Sendable, Equatable {
        /// What is asked.
        package var fetch: Fetch
        /// What the answer is compared with.
        package var pattern: Pattern

        /// One line of an acl.
        package init(_ fetch: Fetch, _ pattern: Pattern) {
            self.fetch = fetch
            self.pattern = pattern
        }
    }

    /// An acl, or an anonymous one: holds where one of its lines does.
    package struct Term: Sendable, Equatable {
        /// The lines of the acl: one must hold.
        package var tests: [Test]
        /// `!` before its name.
        package var isNegated: Bool

        /// An acl as a condition names it.
        package init(_ tests: [Test], isNegated: Bool = false) {
            self.tests = tests
            self.isNegated = isNegated
        }
    }

    /// One must hold, and in it every term: `||` between them, white space inside.
    package var alternatives: [[Term]]
    /// `unless`.
    package var isInverted: Bool

    /// An `if`, or, inverted, an `unless`.
    package init(_ alternatives: [[Term]], isInverted: Bool = false) {
        self.alternatives = alternatives
        self.isInverted = isInverted
    }

    /// Stops at the first alternative that holds, and in it at the first term that fails.
    package func verdict(on facts: some RuleFacts) -> Verdict {
        var result = Verdict.fails
        for terms in alternatives {
            var all = Verdict.holds
            for term in terms {
                let one = term.isNegated ? any(of: term.tests, facts).inverted : any(of: term.tests, facts)
                if one == .fails {
                    all = .fails
                    break
                }
                if one == .missing { all = .missing }
            }
            if all == .holds { return isInverted ? .fails : .holds }
            if all == .missing { result = .missing }
        }
        return isInverted ? result.inverted : result
    }

    private func any(of tests: [Test], _ facts: some RuleFacts) -> Verdict {
        var result = Verdict.fails
        for test in tests {
            let sample = facts.sample(test.fetch)
            if let value = sample.value, test.pattern.matches(value, facts) { return .holds }
            if sample.mayChange, !facts.isFinal { result = .missing }
        }
        return result
    }

    /// Every fetch that occurs.
    package var fetches: [Fetch] { alternatives.flatMap { $0.flatMap { $0.tests.map(\.fetch) } } }
}
