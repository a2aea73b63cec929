// SPDX-License-Identifier: Apache-2.0

import SMTP
import Statistics
import Synchronization
import TLS

/// What all lanes share of encryption: the context that connections begin with, and the hosts whose handshake failed.
final class DeliveryEncryption: Sendable {
    /// Hosts that are remembered; beyond that the oldest are forgotten.
    private static let hostLimit = 1_000

    private struct State {
        var policy: ClientPolicy?
        var context: ClientContext?
        /// Why there is none.
        var problem = ""
        /// Until when a host gets mail in clear text, milliseconds since 1970.
        var plain: [String: Int64] = [:]
    }

    private let log: any LogSink
    private let state = Mutex(State())

    init(_ settings: DeliverySettings, log: any LogSink) {
        self.log = log
        use(settings)
    }

    /// Takes other settings. May read certificates from disk.
    func use(_ settings: DeliverySettings) {
        let policy = settings.tls.level == .none && !settings.tls.isWrapped ? nil : settings.tls.policy
        // why: a file of authorities may have changed although its name did not.
        guard policy != state.withLock({ $0.policy }) || policy?.authorities != nil else { return }
        var new = State(policy: policy)
        do throws(ServerIdentity.Problem) {
            new.context = try policy?.context()
        } catch {
            new.problem = error.description
            DeliveryLog(log, syslogName: settings.syslogName).connection(
                "warning: \(error): mail waits that needs a trusted server",
                .warning
            )
        }
        state.withLock { state in
            new.plain = state.plain
            state = new
        }
    }

    /// What connections begin with, or why they cannot.
    var context: Result<ClientContext, ServerIdentity.Problem> {
        state.withLock { state in
            state.context.map { .success($0) } ?? .failure(ServerIdentity.Problem(file: 0, state.problem))
        }
    }

    /// What a new connection to a host is to do.
    func wanted(_ settings: DeliveryTLSSettings, for host: String, now: Int64) -> ClientEncryption {
        switch settings.level {
        case .none: return settings.isWrapped ? .required : .none
        case .encrypt, .verify, .secure: return .required
        case .may:
            if settings.isWrapped { return .required }
            let isPlain = state.withLock { state in
                guard let until = state.plain[host] else { return false }
                if until <= now { state.plain[host] = nil }
                return until > now
            }
            return isPlain ? .none : .may
        }
    }

    /// The handshake with a host failed, and it gets its mail in clear text for a while.
    func remember(_ host: String, until: Int64) {
        state.withLock { state in
            if state.plain.count >= DeliveryEncryption.hostLimit,
                let oldest = state.plain.min(by: { $0.value < $1.value })
            {
                state.plain[oldest.key] = nil
            }
            state.plain[host] = until
        }
    }
}
