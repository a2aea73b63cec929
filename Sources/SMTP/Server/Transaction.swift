// SPDX-License-Identifier: Apache-2.0

/// One mail transaction from MAIL to the reply to its final dot; every other exit throws it away whole.
package struct Transaction: Sendable, Equatable {
    /// The reverse path; nil for the null sender `<>`.
    package var sender: Mailbox?
    /// Accepted recipients in order.
    package var recipients: [Mailbox] = []
    /// Recipients beyond the limit that were refused.
    var overshoot = 0
    /// BODY=8BITMIME was given.
    package var declaredEightBit: Bool
    /// SIZE=, nil when not given; a hint, never trusted.
    package var declaredSize: Int?

    /// The reverse path as log lines and trace headers write it, without brackets.
    package var senderAddress: String { sender?.address ?? "" }
}
