// SPDX-License-Identifier: Apache-2.0

/// What is to become of a recipient: the server to take it to, or a result that needs none.
package enum Route: Sendable, Hashable {
    /// To a server by SMTP.
    case smtp(DeliverySettings.NextHop)
    /// Returned to the sender (Postfix: the error transport).
    case error(dsn: String, text: String)
    /// Tried again later (Postfix: the retry transport).
    case retry(dsn: String, text: String)
    /// Thrown away as if it had been delivered (Postfix: the discard transport).
    case discard(text: String)

    /// The result of a route without a server.
    var result: RecipientResult? {
        switch self {
        case .smtp: nil
        case .error(let dsn, let text): RecipientResult(.bounced, dsn: dsn, text: text)
        case .retry(let dsn, let text): RecipientResult(.deferred, dsn: dsn, text: text)
        case .discard(let text): RecipientResult(.sent, dsn: "2.0.0", text: text)
        }
    }

    /// As `transport_maps` writes it.
    package var label: String {
        switch self {
        case .smtp(let hop): hop.label
        case .error: "error"
        case .retry: "retry"
        case .discard: "discard"
        }
    }
}

extension DeliverySettings.NextHop {
    /// `[host]:port`, `domain:port`, without the port where it is 25.
    package var label: String {
        let name = kind.isHost ? "[\(host)]" : host
        return port == 25 ? name : "\(name):\(port)"
    }
}
