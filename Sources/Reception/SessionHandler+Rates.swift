// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// How often the client does things (Postfix: smtpd_client_*_rate_limit).
extension SessionHandler {
    /// The refusal of a client that does something too often, logged; nil while it does not.
    func rateRefusal(at point: JudgedPoint) -> Reply? {
        guard pool.rates != nil else { return nil }
        let limits = pool.settings.restrictions.rates
        let hostname = pool.settings.hostname
        switch point {
        case .connection:
            let reply = Reply.tooManyConnections(from: client.addressText, at: hostname)
            return limited(.connection, limits.connections, "Connection rate limit exceeded", reply)
        case .sender:
            let reply = Reply.tooMuchMail(from: client.addressText)
            return limited(.message, limits.messages, "Message delivery request rate limit exceeded", reply)
        case .recipient:
            let reply = Reply.tooManyRecipients(from: client.addressText)
            return limited(.recipient, limits.recipients, "Recipient address rate limit exceeded", reply)
        case .hello, .data, .message:
            return nil
        }
    }

    /// Whether the client has begun too many TLS sessions to begin another one; the log is told so. Handshakes are what costs.
    ///
    /// - Parameter service: what it asks for, in the words of Postfix's log.
    func isRefusedTLS(for service: String) -> Bool {
        let settings = pool.settings.restrictions.rates
        guard settings.tlsSessions > 0, let rates = pool.rates, let address = client.address, !isExempt else {
            return false
        }
        let rate = rates.rate(of: .tlsSession, from: address, now: milliseconds, unit: settings.unit)
        guard rate > settings.tlsSessions else { return false }
        log.warn("Refusing \(service) request from \(client.logName) for service smtp")
        return true
    }

    /// Counts a TLS session; the refusal when that was one too many.
    func tlsSessionRefusal() -> Reply? {
        let reply = Reply.tooManyTLSSessions(from: client.logName, at: pool.settings.hostname)
        let limit = pool.settings.restrictions.rates.tlsSessions
        return limited(.tlsSession, limit, "New TLS session rate limit exceeded", reply)
    }

    /// Whether no limit holds for the client (Postfix: smtpd_client_event_limit_exceptions).
    var isExempt: Bool {
        guard let exceptions = pool.settings.restrictions.rates.exceptions else { return isTrusted }
        guard let address = client.address else { return false }
        return exceptions.contains { $0.contains(address) }
    }

    private var milliseconds: Int64 { Int64(truncatingIfNeeded: now.uptimeNanoseconds / 1_000_000) }

    private func limited(_ event: RateTable.Event, _ limit: Int, _ what: String, _ reply: Reply) -> Reply? {
        let settings = pool.settings.restrictions.rates
        guard limit > 0, let rates = pool.rates, let address = client.address, !isExempt else { return nil }
        let rate = rates.count(event, of: address, now: milliseconds, unit: settings.unit)
        guard rate > limit else { return nil }
        log.warn("\(what): \(rate) from \(client.logName) for service smtp")
        return reply
    }
}
