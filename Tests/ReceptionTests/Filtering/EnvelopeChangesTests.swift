// SPDX-License-Identifier: Apache-2.0

import Reception
import Spooling
import Support
import Testing

struct EnvelopeChangesTests {
    private func changed(_ edits: MilterEdit...) -> Envelope {
        var changes = EnvelopeChanges()
        for edit in edits { _ = changes.take(edit) }
        var envelope = Envelope.sample("one@example.net", "two@example.net", sender: "a@example.org")
        changes.apply(to: &envelope)
        return envelope
    }

    @Test func sendersAndRecipients() {
        #expect(changed(.changeSender("")).sender == "")
        #expect(
            changed(.addRecipient("x@y"), .addRecipient("x@y")).recipients.map(\.address).suffix(2) == [
                "two@example.net", "x@y",
            ]
        )
        #expect(changed(.deleteRecipient("ONE@example.net")).recipients.map(\.address) == ["two@example.net"])
        #expect(
            changed(.deleteRecipient("one@example.net"), .addRecipient("one@example.net")).recipients.map(\.address)
                == ["one@example.net", "two@example.net"]
        )
    }

    @Test(arguments: ["", "a b@c", "a@b>", "a\r\nRCPT TO:<x@y>", "\u{E4}@b", String(repeating: "x", count: 600)])
    func whatIsNoAddressIsNoRecipient(text: String) {
        var changes = EnvelopeChanges()
        let isTaken = changes.take(.addRecipient(text))
        #expect(!isTaken)
        #expect(changes.added.isEmpty)
    }
}
