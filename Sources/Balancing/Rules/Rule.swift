// SPDX-License-Identifier: Apache-2.0

/// One `tcp-request connection|session|content` line (HAProxy configuration manual 4.2, `tcp-request`).
package struct Rule: Sendable, Equatable, CustomStringConvertible {
    /// What a rule does where its condition holds; the last four do not end the walk.
    package enum Action: Sendable, Equatable {
        /// No further rule of the set is looked at.
        case accept
        /// The connection is closed; clients that speak SMTP are told why.
        case reject
        /// The connection disappears without a sign to the client.
        case silentDrop
        /// `expect-proxy layer4`: this connection must begin with a PROXY header.
        case expectProxy
        /// `track-scN KEY table T`.
        case track(Int, TrackKey, table: Int)
        /// `sc-inc-gpc0(N)`, `sc-set-gpt0(N) VALUE`.
        case incrementGPC0(Int)
        case setGPT0(Int, Int)
    }

    /// What is counted under: an address, or its network (`src,ipmask(24,64)`).
    package struct TrackKey: Sendable, Equatable {
        /// `dst` instead of `src`.
        package var isDestination: Bool
        /// Bits of an IPv4 address that count, 0 to 32.
        package var maskLength4: Int
        /// Bits of an IPv6 address that count, 0 to 128.
        package var maskLength6: Int

        /// The client's whole address, unless it says otherwise.
        package init(isDestination: Bool = false, maskLength4: Int = 32, maskLength6: Int = 128) {
            self.isDestination = isDestination
            self.maskLength4 = maskLength4
            self.maskLength6 = maskLength6
        }
    }

    /// What is done.
    package var action: Action
    /// Nil: always.
    package var condition: Condition?
    /// The line as the file has it, for the log.
    package var text: String

    /// A rule; `text` is what log lines quote.
    package init(_ action: Action, if condition: Condition? = nil, text: String = "") {
        self.action = action
        self.condition = condition
        self.text = text
    }

    package var description: String { text }

    /// Whether somebody turned away by this rule may be let in later: it asks how busy somebody is.
    var isTemporary: Bool { condition?.fetches.contains { $0.isTemporary } ?? false }
    /// Whether it looks at what the client has sent.
    var readsContent: Bool { condition?.fetches.contains { $0.readsContent } ?? false }
}

/// One `use_backend` line.
package struct SwitchRule: Sendable, Equatable, CustomStringConvertible {
    /// The backend's name, already known to exist.
    package var backend: String
    /// Nil: always.
    package var condition: Condition?
    /// The line as the file has it.
    package var text: String

    /// A `use_backend` line.
    package init(_ backend: String, if condition: Condition? = nil, text: String = "") {
        self.backend = backend
        self.condition = condition
        self.text = text
    }

    package var description: String { text }
}

/// Owns the rules of a section, in the order of the file.
package struct RuleSettings: Sendable, Equatable {
    /// `tcp-request connection`: judged with the accept, before a PROXY header is read.
    package var connection: [Rule] = []
    /// `tcp-request session`: judged once the client is known.
    package var session: [Rule] = []
    /// `tcp-request content`: judged with the client's first bytes, `inspectDelay` at most.
    package var content: [Rule] = []
    /// `use_backend`, behind the content rules.
    package var switching: [SwitchRule] = []
    /// `tcp-request inspect-delay`, milliseconds: how long content rules may wait for the client; nil: not at all.
    package var inspectDelay: Int?
    /// `option smtp` of a frontend: its clients speak SMTP whatever its backends say.
    package var speaksSMTP: Bool?

    package init() {}
}

/// Owns what a walk through rules came to.
package enum RuleOutcome: Sendable, Equatable {
    /// Nothing stands in the way.
    case accept
    /// This rule turns the client away.
    case reject(Rule)
    /// This rule lets the connection disappear.
    case silentDrop(Rule)
    /// The rule with this index needs more of the client's bytes.
    case wait(at: Int)
}

extension Array where Element == Rule {
    /// Looks at the rules from `start` on; the first that decides counts. What does not decide is done on the way.
    package func outcome(
        from start: Int = 0,
        on facts: some RuleFacts,
        perform: (Rule.Action) -> Void
    ) -> RuleOutcome {
        for index in Swift.max(0, start)..<Swift.max(count, start, 0) where indices.contains(index) {
            let rule = self[index]
            switch rule.condition?.verdict(on: facts) ?? .holds {
            case .fails: continue
            case .missing: return .wait(at: index)
            case .holds: break
            }
            switch rule.action {
            case .accept: return .accept
            case .reject: return .reject(rule)
            case .silentDrop: return .silentDrop(rule)
            case .expectProxy, .track, .incrementGPC0, .setGPT0: perform(rule.action)
            }
        }
        return .accept
    }
}

extension Array where Element == SwitchRule {
    /// The backend of the first line whose condition holds; nil: the default one.
    package func backend(on facts: some RuleFacts) -> String? {
        first { $0.condition.map { $0.verdict(on: facts) == .holds } ?? true }?.backend
    }
}
