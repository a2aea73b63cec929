// SPDX-License-Identifier: Apache-2.0

import Spooling

/// What access tables and policy services want done with a message that is let in (Postfix: access(5), OTHER ACTIONS).
struct MessageEffects: Sendable, Equatable {
    /// Headers that one message gets at most.
    private static let headerLimit = 100
    /// Recipients that one message gets at most.
    private static let recipientLimit = 100

    /// PREPEND: headers on top of the message, the first on top.
    private(set) var headers: [String] = []
    /// HOLD: kept in the queue until an operator releases it.
    private(set) var isHeld = false
    /// DISCARD: acknowledged, and thrown away.
    private(set) var isDiscarded = false
    /// REDIRECT: in the place of all recipients; the last one counts.
    private(set) var redirection: String?
    /// BCC: further recipients.
    private(set) var copies: [String] = []

    var isEmpty: Bool { self == MessageEffects() }

    /// The headers as they stand in the message.
    var headerText: String { headers.map { "\($0)\r\n" }.joined() }

    /// Makes the changes of an envelope.
    func apply(to envelope: inout Envelope) {
        if let redirection { envelope.recipients = [Recipient(address: redirection)] }
        for address in copies where !envelope.recipients.contains(where: { $0.address == address }) {
            envelope.recipients.append(Recipient(address: address))
        }
        if isHeld { envelope.held = true }
    }

    mutating func take(_ effect: MessageEffect) {
        switch effect {
        case .prepend(let header):
            if headers.count < MessageEffects.headerLimit { headers.append(header) }
        case .hold: isHeld = true
        case .discard: isDiscarded = true
        case .redirect(let address): redirection = address
        case .copy(let address):
            if copies.count < MessageEffects.recipientLimit, !copies.contains(address) { copies.append(address) }
        }
    }

    mutating func take(_ other: MessageEffects) {
        for header in other.headers { take(.prepend(header)) }
        for address in other.copies { take(.copy(address)) }
        isHeld = isHeld || other.isHeld
        isDiscarded = isDiscarded || other.isDiscarded
        redirection = other.redirection ?? redirection
    }
}

/// One of them.
package enum MessageEffect: Sendable, Equatable {
    case prepend(String)
    case hold
    case discard
    case redirect(String)
    case copy(String)

    /// What Postfix writes to the log where the table has no words of its own.
    var standardText: String {
        switch self {
        case .prepend(let header): "triggers PREPEND \(header)"
        case .hold: "triggers HOLD action"
        case .discard: "triggers DISCARD action"
        case .redirect(let address): "triggers REDIRECT \(address)"
        case .copy(let address): "triggers BCC \(address)"
        }
    }

    /// What the log calls it; nil: it is not told.
    var logName: String? {
        switch self {
        case .prepend: nil
        case .hold: "hold"
        case .discard: "discard"
        case .redirect: "redirect"
        case .copy: "bcc"
        }
    }
}
