// SPDX-License-Identifier: Apache-2.0

package import SMTP
package import Spooling

/// What filters have made of a message beyond its text: sender, recipients, and whether it goes on at all.
package struct EnvelopeChanges: Sendable, Equatable {
    /// Another sender (empty: the null sender), nil when it is the client's; recipients that came and that went.
    package private(set) var sender: String?
    /// Recipients that filters added, in their order.
    package private(set) var added: [String] = []
    /// Recipients that filters took out.
    package private(set) var deleted: Set<String> = []
    /// Held back in the queue.
    package var isHeld = false
    /// Taken, and thrown away.
    package var isDiscarded = false
    /// In somebody else's hands, whose reply this is.
    package var passedOn: Reply?
    /// What has to be supposed of a text that was changed.
    package var bodyTraits: BodyTraits?

    package init() {}

    /// Takes a filter's change; false when it names no address.
    package mutating func take(_ edit: MilterEdit) -> Bool {
        switch edit {
        case .changeSender(let address):
            guard address.isEmpty || EnvelopeChanges.isAddress(address) else { return false }
            sender = address
        case .addRecipient(let address):
            guard EnvelopeChanges.isAddress(address) else { return false }
            deleted.remove(address.lowercased())
            if !added.contains(address) { added.append(address) }
        case .deleteRecipient(let address):
            deleted.insert(address.lowercased())
            added.removeAll { $0.lowercased() == address.lowercased() }
        case .addHeader, .insertHeader, .changeHeader, .replaceBody, .quarantine:
            break
        }
        return true
    }

    /// Makes the changes.
    package func apply(to envelope: inout Envelope) {
        if let sender { envelope.sender = sender }
        if !deleted.isEmpty {
            envelope.recipients.removeAll { deleted.contains($0.address.lowercased()) }
        }
        for address in added where !envelope.recipients.contains(where: { $0.address == address }) {
            envelope.recipients.append(Recipient(address: address))
        }
        if isHeld { envelope.held = true }
        if let bodyTraits { envelope.traits.formUnion(bodyTraits) }
    }

    /// Whether the text can stand between the angle brackets of an envelope.
    static func isAddress(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= Mailbox.limit
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }
    }
}
