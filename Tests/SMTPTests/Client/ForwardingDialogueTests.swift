// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

/// XFORWARD in a client's dialogue: for the server's log, and never in the way of the mail.
struct ForwardingDialogueTests {
    private typealias Dialogue = DialogueMachineTests

    private func transaction() -> DialogueMachine.Transaction {
        var transaction = Dialogue.transaction()
        transaction.client = ForwardedClient(logName: "mx.example[192.0.2.1]", ident: "ABC")
        return transaction
    }

    @Test func theClientIsToldWhereItIsAskedFor() {
        var machine = Dialogue.ready(Reply(250, lines: ["mx", "PIPELINING", "XFORWARD NAME ADDR IDENT"]))
        #expect(
            Dialogue.text(machine.begin(transaction()))
                == "XFORWARD NAME=mx.example ADDR=192.0.2.1 IDENT=ABC\r\n"
                + "MAIL FROM:<s@a>\r\nRCPT TO:<r0@b>\r\nDATA\r\n"
        )
        #expect(Dialogue.text(machine.received(Dialogue.ok)) == "none")
        #expect(machine.step == .mail)
        for _ in 0..<2 { #expect(Dialogue.text(machine.received(Dialogue.ok)) == "none") }
        #expect(Dialogue.text(machine.received(Dialogue.go)) == "body")
        machine = Dialogue.ready()
        #expect(Dialogue.text(machine.begin(transaction())).hasPrefix("MAIL FROM"))
    }

    @Test func aServerThatRefusesToHearOfTheClientGetsTheMail() {
        var machine = Dialogue.ready(Reply(250, lines: ["mx", "XFORWARD ADDR"]))
        #expect(Dialogue.text(machine.begin(transaction())) == "XFORWARD ADDR=192.0.2.1\r\n")
        #expect(Dialogue.text(machine.received(Dialogue.no)) == "MAIL FROM:<s@a>\r\n")
        #expect(Dialogue.text(machine.received(Dialogue.ok)) == "RCPT TO:<r0@b>\r\n")
    }
}
