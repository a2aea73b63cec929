// SPDX-License-Identifier: Apache-2.0

import SMTP
import Testing

struct ForwardedClientTests {
    private let everything: Set<String> = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"]

    @Test func aClientOfTheLog() {
        let client = ForwardedClient(logName: "mail.example.org[2001:db8::1]", ident: "ABC")
        #expect(client.name == "mail.example.org" && client.address == "2001:db8::1")
        #expect(client.logName == "mail.example.org[2001:db8::1]")
        #expect(
            client.commands(attributes: ["NAME", "ADDR", "IDENT"])
                == ["XFORWARD NAME=mail.example.org ADDR=IPV6:2001:db8::1 IDENT=ABC"]
        )
        #expect(ForwardedClient(logName: "unknown[unknown]", ident: "A").logName == "unknown[unknown]")
        #expect(ForwardedClient(logName: "nonsense", ident: "A").address == nil)
    }

    @Test func commandsStayBelowTheLimitOfALine() {
        var client = ForwardedClient()
        client.name = String(repeating: "n", count: 240)
        client.hello = String(repeating: "h", count: 240)
        client.ident = String(repeating: "=", count: 300)
        let commands = client.commands(attributes: everything)
        #expect(commands.count > 1)
        #expect(commands.joined(separator: " ").contains("PORT=[UNAVAILABLE]"))
        #expect(commands.dropLast().allSatisfy { $0.utf8.count <= 510 })
        #expect(client.commands(attributes: []).isEmpty)
    }

    /// What a server makes of it: the machine of a session that may forward.
    private func forwarding() -> SessionMachine {
        var machine = SessionMachine(limits: SessionLimits())
        machine.isForwarder = true
        _ = machine.connected()
        _ = machine.received(line: "EHLO filter", hasMoreInput: false)
        guard case .reply(let reply) = machine.helloJudged(nil) else {
            Issue.record("no reply to EHLO")
            return machine
        }
        #expect(reply.lines.last == "XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT")
        return machine
    }

    @Test func theServerTakesItForOneMessage() {
        var machine = forwarding()
        let line = "XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 HELO=a+3Db IDENT=ABC"
        #expect(machine.received(line: line[...], hasMoreInput: false) == .reply(.ok))
        #expect(machine.received(line: "xforward source=LOCAL", hasMoreInput: false) == .reply(.ok))
        let client = machine.takeForwarded()
        #expect(client?.name == nil && client?.address == "2001:db8::1")
        #expect(client?.hello == "a=b" && client?.ident == "ABC")
        #expect(machine.takeForwarded() == nil)
    }

    @Test(arguments: [
        "XFORWARD", "XFORWARD NAME", "XFORWARD FOO=bar", "XFORWARD NAME=a+0Ab", "XFORWARD NAME=a+", "XFORWARD NAME=a,b",
    ])
    func whatIsNoForwardIsRefused(line: String) {
        var machine = forwarding()
        guard case .reply(let reply) = machine.received(line: line[...], hasMoreInput: false) else {
            Issue.record("no reply")
            return
        }
        #expect(reply.code == 501)
        #expect(machine.takeForwarded() == nil)
    }

    @Test func othersDoNotKnowTheWord() {
        var machine = SessionMachine(limits: SessionLimits())
        _ = machine.connected()
        guard case .reply(let reply) = machine.received(line: "XFORWARD NAME=a", hasMoreInput: false) else {
            Issue.record("no reply")
            return
        }
        #expect(reply.code == 500)
    }
}
