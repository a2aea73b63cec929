// SPDX-License-Identifier: Apache-2.0
// why: a table of everything a peer can do wrong, over the whole room.

import Delivery
import Spooling
import Support
import Testing

/// A next hop that hangs, closes, refuses or babbles at every step: each has a named outcome, and nothing is lost or
/// doubled.
@Suite struct PeerMisbehaviourTests {
    struct Case: Sendable, CustomStringConvertible {
        let step: ScriptedPeer.Step
        let behaviour: ScriptedPeer.Behaviour
        /// `status=` and what follows, without the name of the host.
        let outcome: String
        /// The counter that rises.
        var counter: any KeyPath<DeliveryStatistics, Int> & Sendable = \.lostConnections.value
        var description: String { String("\(step): \(behaviour)".prefix(60)) }
    }

    static let reply4 = ScriptedPeer.Behaviour.reply("450 4.2.0 later")
    static let reply5 = ScriptedPeer.Behaviour.reply("550 5.7.1 never")
    static let reply421 = ScriptedPeer.Behaviour.replyAndClose("421 4.3.2 leaving")
    static let garbage = ScriptedPeer.Behaviour.raw("\u{1}\u{2}rubbish\r\n")
    static let endless = ScriptedPeer.Behaviour.raw(String(repeating: "250-x\r\n", count: 200))
    static let wrong = ScriptedPeer.Behaviour.reply("399 what")

    static let activities: [(ScriptedPeer.Step, String)] = [
        (.greeting, "receiving the initial server greeting"),
        (.ehlo, "performing the EHLO handshake"),
        (.mail, "sending MAIL FROM"),
        (.recipient, "sending RCPT TO"),
        (.data, "sending DATA command"),
        (.endOfData, "sending end of data -- message may be sent more than once"),
    ]

    static var broken: [Case] {
        activities.flatMap { step, activity in
            [
                Case(
                    step: step,
                    behaviour: .close,
                    outcome: "dsn=4.4.2, status=deferred (lost connection with PEER while \(activity))"
                ),
                Case(
                    step: step,
                    behaviour: .hang,
                    outcome: "dsn=4.4.2, status=deferred (conversation with PEER timed out while \(activity))",
                    counter: \.timeouts.value
                ),
                Case(
                    step: step,
                    behaviour: garbage,
                    outcome: "dsn=4.5.0, status=deferred (protocol error from PEER while \(activity): "
                        + "not a reply: \"??rubbish\")",
                    counter: \.protocolErrors.value
                ),
                Case(
                    step: step,
                    behaviour: endless,
                    outcome: "dsn=4.5.0, status=deferred (protocol error from PEER while \(activity): "
                        + "reply longer than 500 bytes)",
                    counter: \.protocolErrors.value
                ),
                Case(
                    step: step,
                    behaviour: wrong,
                    outcome: "dsn=4.5.0, status=deferred (protocol error from PEER while \(activity): "
                        + "unexpected reply 399 what)",
                    counter: \.protocolErrors.value
                ),
            ]
        }
    }

    static let refused: [Case] = [
        Case(
            step: .greeting,
            behaviour: reply5,
            outcome: "dsn=4.7.1, status=deferred (host PEER refused to talk to me: 550 5.7.1 never)",
            counter: \.connectFailures.value
        ),
        Case(
            step: .greeting,
            behaviour: reply4,
            outcome: "dsn=4.2.0, status=deferred (host PEER refused to talk to me: 450 4.2.0 later)",
            counter: \.connectFailures.value
        ),
        Case(
            step: .ehlo,
            behaviour: reply421,
            outcome: "dsn=4.3.2, status=deferred (host PEER refused to talk to me: 421 4.3.2 leaving)",
            counter: \.connectFailures.value
        ),
        Case(step: .mail, behaviour: reply4, outcome: said("450 4.2.0 later", "MAIL FROM"), counter: \.deferred.value),
        Case(step: .mail, behaviour: reply5, outcome: said("550 5.7.1 never", "MAIL FROM"), counter: \.bounced.value),
        Case(
            step: .mail,
            behaviour: reply421,
            outcome: said("421 4.3.2 leaving", "MAIL FROM"),
            counter: \.deferred.value
        ),
        Case(
            step: .recipient,
            behaviour: reply4,
            outcome: said("450 4.2.0 later", "RCPT TO"),
            counter: \.deferred.value
        ),
        Case(
            step: .recipient,
            behaviour: reply5,
            outcome: said("550 5.7.1 never", "RCPT TO"),
            counter: \.bounced.value
        ),
        Case(
            step: .recipient,
            behaviour: reply421,
            outcome: said("421 4.3.2 leaving", "RCPT TO"),
            counter: \.deferred.value
        ),
        Case(step: .data, behaviour: reply4, outcome: said("450 4.2.0 later", "DATA"), counter: \.deferred.value),
        Case(step: .data, behaviour: reply5, outcome: said("550 5.7.1 never", "DATA"), counter: \.bounced.value),
        Case(step: .data, behaviour: reply421, outcome: said("421 4.3.2 leaving", "DATA"), counter: \.deferred.value),
        Case(
            step: .endOfData,
            behaviour: reply4,
            outcome: said("450 4.2.0 later", "end of DATA"),
            counter: \.deferred.value
        ),
        Case(
            step: .endOfData,
            behaviour: reply5,
            outcome: said("550 5.7.1 never", "end of DATA"),
            counter: \.bounced.value
        ),
        Case(
            step: .endOfData,
            behaviour: reply421,
            outcome: said("421 4.3.2 leaving", "end of DATA"),
            counter: \.deferred.value
        ),
    ]

    static func said(_ reply: String, _ command: String) -> String {
        let digits = reply.split(separator: " ")
        let status = reply.hasPrefix("5") ? "bounced" : "deferred"
        return "dsn=\(digits[1]), status=\(status) (host PEER said: \(reply) (in reply to \(command) command))"
    }

    @Test(arguments: broken + refused, [true, false])
    func isANamedOutcomeAndLosesNothing(_ example: Case, pipelining: Bool) async throws {
        let peer = try await ScriptedPeer(extensions: pipelining ? ["PIPELINING"] : ["SIZE"]) { step, occurrence, _ in
            step == example.step && occurrence == 1 ? example.behaviour : nil
        }
        let fixture = Fixture(port: peer.port) { settings in
            settings.replySizeLimit = 500
            guard case .hang = example.behaviour else { return }
            switch example.step {
            case .greeting: settings.greetingTimeout = 300
            case .ehlo, .helo: settings.helloTimeout = 300
            case .mail: settings.mailTimeout = 300
            case .recipient: settings.recipientTimeout = 300
            case .data: settings.dataInitTimeout = 300
            case .endOfData: settings.dataDoneTimeout = 300
            case .startTLS, .reset, .quit: break
            }
        }
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { !fixture.log.lines(with: "status=").isEmpty })
        let line = try #require(fixture.log.lines(with: "status=").first)
        #expect(
            line.hasPrefix("relaybox/smtp: \(id): to=<r@b.example>, relay=127.0.0.1[127.0.0.1]:\(peer.port), delay=")
        )
        let outcome = example.outcome.replacing("PEER", with: "127.0.0.1[127.0.0.1]")
        #expect(line.hasSuffix(outcome), "\(line)")
        // Counted after it is said, so it may be on its way.
        #expect(await eventually { fixture.courier.statistics[keyPath: example.counter] == 1 })

        // why: where the machine is busy, the server may see the second connection before the first.
        #expect(await eventually { peer.occurrences(of: example.step) >= 1 })

        if outcome.contains("deferred") {
            // The message waits, and goes through when the server has come to its senses.
            #expect(await eventually { fixture.spool.messages.first?.envelope.recipients.first?.attempts == 1 })
            fixture.clock.advance(by: 400_000)
            // why: a step whose limit was short may be slow the second time, where the machine is busy.
            var settings = Fixture.settings
            settings.relayHost = .init(host: "127.0.0.1", port: peer.port)
            fixture.courier.reload(settings)
            fixture.courier.flush()
            #expect(await eventually { fixture.spool.messages.isEmpty })
            #expect(peer.messages.count == 1)
            #expect(await eventually { fixture.courier.statistics.sent.value == 1 })
        } else {
            // The sender is told, and the report goes the same way.
            #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count == 1 })
            #expect(peer.messages[0].sender == "")
            #expect(peer.messages[0].recipients == ["s@a.example"])
        }
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: [ScriptedPeer.Behaviour.hang, .close, garbage, reply4])
    func quitIsNobodysProblem(_ behaviour: ScriptedPeer.Behaviour) async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .quit ? behaviour : nil }
        let fixture = Fixture(port: peer.port) { settings in
            settings.connectionIdleTime = 20
            settings.quitTimeout = 50
        }
        await fixture.courier.start()
        fixture.send()
        #expect(
            await eventually { peer.commands.contains("QUIT") && fixture.courier.statistics.connections.current == 0 }
        )
        #expect(fixture.log.lines(with: "status=sent").count == 1)
        #expect(fixture.log.lines.count == 3)
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: [ScriptedPeer.Behaviour.hang, .close, garbage, reply4, reply421])
    func afterATroubledResetTheNextMessageGoesOverAnotherConnection(_ behaviour: ScriptedPeer.Behaviour) async throws {
        let peer = try await ScriptedPeer { step, occurrence, line in
            if step == .reset { return behaviour }
            return step == .recipient && line.contains("bad@") ? .reply("550 5.1.1 no") : nil
        }
        let fixture = Fixture(port: peer.port, loops: 1) { settings in
            settings.concurrencyLimit = 1
            settings.resetTimeout = 50
        }
        await fixture.courier.start()
        fixture.send(from: "", to: ["bad@b.example"])
        fixture.send(to: ["good@b.example"])
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["good@b.example"]])
        await fixture.end()
        await peer.shutDown()
    }

    @Test func recipientsGetResultsOfTheirOwn() async throws {
        let peer = try await ScriptedPeer { step, _, line in
            guard step == .recipient else { return nil }
            if line.contains("bad") { return .reply("550 5.1.1 no such user") }
            return line.contains("busy") ? .reply("450 4.2.1 busy") : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        let id = fixture.send(to: ["good@b", "bad@b", "busy@b", "fine@b"])
        #expect(await eventually { peer.messages.count == 2 && fixture.courier.statistics.active.value == 0 })
        #expect(peer.messages[0].recipients == ["good@b", "fine@b"])
        #expect(peer.messages[1].recipients == ["s@a.example"])
        let left = try #require(fixture.spool.messages.first)
        #expect(fixture.spool.messages.count == 1)
        #expect(left.envelope.id == id)
        #expect(left.envelope.recipients.map(\.state) == [.delivered, .failed, .pending, .delivered])
        #expect(left.envelope.recipients[2].due == fixture.clock.now + 300_000)
        #expect(left.envelope.recipients[2].reason.contains("450 4.2.1 busy"))
        #expect(fixture.log.lines(with: "sender non-delivery notification").count == 1)
        fixture.clock.advance(by: 300_000)
        _ = try fixture.courier.change([id], .reschedule(fixture.clock.now))
        #expect(await eventually { fixture.log.lines(with: "status=deferred").count == 2 })
        #expect(fixture.log.lines(with: "to=<good@b>").count == 1)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aServerThatTakesNothingInTransactionsIsLeftInPeaceForAWhile() async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .mail ? .close : nil }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        for number in 0..<300 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.courier.statistics.deferred.value == 300 })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        #expect(peer.connections < 100)
        #expect(await eventually { fixture.courier.statistics.suspensions.value == 1 })
        #expect(fixture.log.lines(with: "status=deferred").count == 300)
        #expect(fixture.log.lines(with: "relaybox/error: ").count > 200)
        #expect(fixture.spool.messages.count == 300)
        await fixture.end()
        await peer.shutDown()
    }
}
