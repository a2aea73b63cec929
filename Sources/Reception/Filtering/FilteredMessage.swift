// SPDX-License-Identifier: Apache-2.0

/// What a message has to do with filters, from MAIL to the reply to its final dot.
final class FilteredMessage {
    /// The message itself where filters see it before it is committed; nil where the draft takes it as it comes.
    let held: HeldMessage?
    /// Whether `smtpd_proxy_filter` takes the message, and it is never committed here.
    let isPassedOn: Bool
    /// What filters have changed beyond the message's text.
    var changes = EnvelopeChanges()

    init(held: HeldMessage?, isPassedOn: Bool) {
        self.held = held
        self.isPassedOn = isPassedOn
    }
}
