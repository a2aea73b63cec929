// SPDX-License-Identifier: Apache-2.0

/// How policy services are dealt with (Postfix: smtpd_policy_service_*), with Postfix's defaults. All times are milliseconds.
package struct PolicyManner: Sendable, Hashable {
    /// smtpd_policy_service_timeout: for connecting, and for each answer.
    package var timeout = 100_000
    /// smtpd_policy_service_max_idle: a connection that nothing was asked on for this long is closed.
    package var idleTime = 300_000
    /// smtpd_policy_service_max_ttl: a connection this old is asked nothing more.
    package var lifetime = 1_000_000
    /// smtpd_policy_service_request_limit: questions on one connection; 0: no limit.
    package var requestLimit = 0
    /// smtpd_policy_service_try_limit: tries for one answer.
    package var tryLimit = 2
    /// smtpd_policy_service_retry_delay: between two of them.
    package var retryDelay = 1_000
    /// smtpd_policy_service_default_action: what counts when there is no answer, as an access table would have it.
    package var defaultAction = "451 4.3.5 Server configuration problem"
    /// smtpd_policy_service_policy_context: what the service is told to know its askers apart.
    package var context = ""

    package init() {}

    /// What is wrong with an action; nil: nothing.
    package static func mistake(in action: String) -> String? {
        do throws(AccessEntries.Wrong) {
            _ = try AccessAction(action)
            return nil
        } catch { return error.message }
    }
}

/// One service of `check_policy_service` (Postfix: SMTPD_POLICY_README).
package struct PolicyService: Sendable, Hashable {
    /// What a service has of its own where the rest has what the pool says.
    package enum Exception: Sendable, Hashable {
        case timeout(Int)
        case idleTime(Int)
        case lifetime(Int)
        case requestLimit(Int)
        case tryLimit(Int)
        case retryDelay(Int)
        case defaultAction(String)
        case context(String)
    }

    /// As the file has it, for log lines: `inet:127.0.0.1:10023`.
    package var name: String
    /// Where it listens.
    package var address: FilterAddress
    /// What it has of its own, in the order of the file; the last of a kind counts.
    package var exceptions: [Exception] = []

    /// A service that is dealt with as the pool says.
    package init(name: String, address: FilterAddress) {
        self.name = name
        self.address = address
    }

    /// How the service is dealt with in a pool that deals so with all of them.
    package func manner(in pool: PolicyManner) -> PolicyManner {
        var manner = pool
        for exception in exceptions {
            switch exception {
            case .timeout(let time): manner.timeout = time
            case .idleTime(let time): manner.idleTime = time
            case .lifetime(let time): manner.lifetime = time
            case .requestLimit(let limit): manner.requestLimit = limit
            case .tryLimit(let limit): manner.tryLimit = limit
            case .retryDelay(let time): manner.retryDelay = time
            case .defaultAction(let action): manner.defaultAction = action
            case .context(let context): manner.context = context
            }
        }
        return manner
    }
}
