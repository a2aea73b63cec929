// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Reception
import SMTP
import Testing

struct ProxyFilterMachineTests {
    private func machine(_ recipients: [String] = ["b@example.net"], client: ForwardedClient? = nil)
        -> ProxyFilterMachine
    {
        ProxyFilterMachine(
            name: "inet:127.0.0.1:10025",
            hello: "relay.example.net",
            transaction: DialogueMachine.Transaction(
                sender: "a@example.org",
                recipients: recipients,
                size: 10,
                eightBit: true
            ),
            client: client
        )
    }

    private func command(_ text: String) -> ProxyFilterMachine.Action {
        .write(ByteBuffer(string: text + "\r\n"))
    }

    private let bye = ByteBuffer(string: "QUIT\r\n")

    private func offer(_ lines: String...) -> Reply {
        Reply(250, nil, lines: ["filter.example.net"] + lines)
    }

    /// Plays the dialogue up to the body.
    private func inBody() -> ProxyFilterMachine {
        var machine = machine()
        #expect(machine.received(Reply(220, nil, "filter")) == command("EHLO relay.example.net"))
        #expect(machine.received(offer("8BITMIME")) == command("MAIL FROM:<a@example.org> BODY=8BITMIME"))
        #expect(machine.received(.senderOk) == command("RCPT TO:<b@example.net>"))
        #expect(machine.received(.recipientOk) == command("DATA"))
        #expect(machine.received(.startData) == .sendBody)
        return machine
    }

    @Test(arguments: [
        Reply(250, EnhancedStatus(2, 0, 0), "Ok: queued as ABC"), Reply(550, EnhancedStatus(5, 7, 1), "Spam"),
        Reply(451, EnhancedStatus(4, 5, 0), "later"),
    ])
    func theReplyToTheDotIsTheClients(reply: Reply) {
        var machine = inBody()
        machine.bodySent()
        #expect(machine.received(reply) == .finish(.answered(reply), bye))
        #expect(machine.received(reply) == .none)
        #expect(machine.failed("lost") == .none)
    }

    @Test func oneRefusedRecipientRefusesTheMessage() {
        var machine = machine(["b@example.net", "c@example.net"])
        _ = machine.received(Reply(220, nil, "filter"))
        #expect(machine.received(offer()) == command("MAIL FROM:<a@example.org>"))
        #expect(machine.received(.senderOk) == command("RCPT TO:<b@example.net>"))
        #expect(machine.received(.recipientOk) == command("RCPT TO:<c@example.net>"))
        let refusal = Reply(550, EnhancedStatus(5, 1, 1), "unknown")
        #expect(machine.received(refusal) == .finish(.answered(refusal), bye))
    }

    @Test func aFilterThatDoesNotPlayItsPartIsNoRefusal() {
        var machine = machine()
        #expect(
            machine.received(Reply(554, nil, "go away"))
                == .finish(.failed("proxy inet:127.0.0.1:10025 rejected \"greeting\": \"554 go away\""), bye)
        )
        machine = self.machine()
        _ = machine.received(Reply(220, nil, "filter"))
        #expect(
            machine.received(Reply(502, nil, "no EHLO"))
                == .finish(.failed("proxy inet:127.0.0.1:10025 rejected \"EHLO\": \"502 no EHLO\""), bye)
        )
        machine = inBody()
        // why: QUIT would be a line of the body.
        #expect(
            machine.received(.ok)
                == .finish(
                    .failed("proxy inet:127.0.0.1:10025 rejected \"message content\": \"250 2.0.0 Ok\""),
                    ByteBuffer()
                )
        )
        machine = inBody()
        machine.bodySent()
        #expect(
            machine.received(.startData)
                == .finish(
                    .failed(
                        "proxy inet:127.0.0.1:10025 rejected \"END-OF-MESSAGE\": "
                            + "\"354 End data with <CR><LF>.<CR><LF>\""
                    ),
                    bye
                )
        )
        machine = inBody()
        #expect(machine.failed("lost connection") == .finish(.failed("lost connection"), ByteBuffer()))
    }

    @Test func theClientIsToldWhereTheFilterAsks() {
        var client = ForwardedClient()
        client.address = "2001:db8::1"
        client.hello = "a=b c"
        client.proto = "ESMTP"
        var machine = machine(client: client)
        _ = machine.received(Reply(220, nil, "filter"))
        #expect(
            machine.received(offer("XFORWARD NAME ADDR PROTO HELO SOURCE", "8BITMIME"))
                == command(
                    "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 PROTO=ESMTP HELO=a+3Db+20c SOURCE=REMOTE"
                )
        )
        #expect(machine.received(.ok) == command("MAIL FROM:<a@example.org> BODY=8BITMIME"))
    }
}
