// SPDX-License-Identifier: Apache-2.0
// why: the next server in the same attempt concerns the dialogue, the search, the lanes and the round together.

import Delivery
import Spooling
import Support
import Testing

/// A server that does not take a message for the time being, or breaks off, and another one after it.
@Suite struct FailoverTests {
    struct Case: Sendable, CustomStringConvertible {
        let step: ScriptedPeer.Step
        let behaviour: ScriptedPeer.Behaviour
        /// What the log says about the server that was passed over, behind the queue id.
        let line: String
        var description: String { "\(step): \(behaviour)" }
    }

    static let steps: [(ScriptedPeer.Step, activity: String, command: String)] = [
        (.mail, "sending MAIL FROM", "MAIL FROM"), (.recipient, "sending RCPT TO", "RCPT TO"),
        (.data, "sending DATA command", "DATA"),
        (.endOfData, "sending end of data -- message may be sent more than once", "end of DATA"),
    ]

    static var cases: [Case] {
        steps.flatMap { step, activity, command in
            [
                Case(step: step, behaviour: .close, line: "lost connection with PEER while \(activity)"),
                Case(step: step, behaviour: .hang, line: "conversation with PEER timed out while \(activity)"),
                Case(
                    step: step,
                    behaviour: .raw("rubbish\r\n"),
                    line: "protocol error from PEER while \(activity): not a reply: \"rubbish\""
                ),
                Case(
                    step: step,
                    behaviour: .reply("450 4.2.0 later"),
                    line: "host PEER said: 450 4.2.0 later (in reply to \(command) command)"
                ),
                Case(
                    step: step,
                    behaviour: .replyAndClose("421 4.3.2 leaving"),
                    line: "host PEER said: 421 4.3.2 leaving (in reply to \(command) command)"
                ),
            ]
        }
    }

    /// A courier with two servers: the second is a fallback relay of the first.
    static func fixture(
        _ first: ScriptedPeer,
        then others: [Int],
        loops: Int = 2,
        _ adjust: (inout DeliverySettings) -> Void = { _ in }
    ) -> Fixture {
        Fixture(port: first.port, loops: loops) { settings in
            settings.routing.fallbackRelays = others.map { .init(host: "127.0.0.1", port: $0) }
            adjust(&settings)
        }
    }

    @Test(arguments: cases, [true, false])
    func theNextServerGetsTheMessageInTheSameAttempt(_ example: Case, pipelining: Bool) async throws {
        let first = try await ScriptedPeer(extensions: pipelining ? ["PIPELINING"] : []) { step, _, _ in
            step == example.step ? example.behaviour : nil
        }
        let second = try await ScriptedPeer(extensions: pipelining ? ["PIPELINING"] : [])
        let fixture = Self.fixture(first, then: [second.port]) { settings in
            guard case .hang = example.behaviour else { return }
            switch example.step {
            case .mail: settings.mailTimeout = 500
            case .recipient: settings.recipientTimeout = 500
            case .data: settings.dataInitTimeout = 500
            default: settings.dataDoneTimeout = 500
            }
        }
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.spool.messages.isEmpty || fixture.courier.statistics.deferred.value > 0 })
        #expect(second.messages.map(\.recipients) == [["r@b.example"]])
        let results = fixture.log.lines(with: "status=")
        #expect(results.count == 1)
        #expect(results.first?.contains("relay=127.0.0.1[127.0.0.1]:\(second.port)") == true)
        #expect(results.first?.contains("status=sent") == true)
        let line = "relaybox/smtp: \(id): " + example.line.replacing("PEER", with: "127.0.0.1[127.0.0.1]")
        #expect(fixture.log.lines.filter { $0 == line }.count == 1, "\(fixture.log.lines)")
        #expect(await eventually { fixture.courier.statistics.failovers.value == 1 })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test(arguments: [1, 2])
    func onlyWhatIsUndecidedGoesOn(loops: Int) async throws {
        let first = try await ScriptedPeer { step, _, line in
            guard step == .recipient else { return nil }
            if line.contains("bad") { return .reply("550 5.1.1 no such user") }
            return line.contains("busy") ? .reply("450 4.2.1 busy \(line.filter { $0.isNumber })") : nil
        }
        let second = try await ScriptedPeer()
        let fixture = Self.fixture(first, then: [second.port], loops: loops) { $0.concurrencyLimit = loops }
        await fixture.courier.start()
        let id = fixture.send(to: ["good@b", "bad@b", "busy1@b", "fine@b", "busy2@b"])
        #expect(await eventually { fixture.spool.messages.isEmpty })
        let copies = first.messages.filter { $0.sender == "s@a.example" }
        #expect(copies.map(\.recipients) == [["good@b", "fine@b"]])
        #expect(second.messages.map(\.recipients) == [["busy1@b", "busy2@b"]])
        #expect(first.messages.filter { $0.sender.isEmpty }.map(\.recipients) == [["s@a.example"]])
        #expect(fixture.log.lines(with: "said: 450 4.2.1 busy").count == 2)
        #expect(fixture.log.lines(with: "\(id): removed").count == 1)
        #expect(fixture.log.lines(with: "sender non-delivery notification").count == 1)
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test func whatNobodyTakesWaitsWithTheLastServersReason() async throws {
        let first = try await ScriptedPeer { step, _, _ in step == .data ? .close : nil }
        let second = try await ScriptedPeer { step, _, _ in step == .recipient ? .reply("451 4.3.0 not me") : nil }
        let fixture = Self.fixture(first, then: [second.port])
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.spool.messages.first?.envelope.recipients.first?.attempts == 1 })
        let line = try #require(fixture.log.lines(with: "status=").first)
        #expect(line.contains("\(id): to=<r@b.example>, relay=127.0.0.1[127.0.0.1]:\(second.port)"))
        #expect(
            line.hasSuffix(
                "status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0 not me (in reply to RCPT TO command))"
            )
        )
        #expect(fixture.spool.messages.first?.envelope.recipients.first?.due == fixture.clock.now + 300_000)
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        // The next attempt begins with the first server again.
        fixture.clock.advance(by: 300_000)
        _ = try fixture.courier.change([id], .reschedule(fixture.clock.now))
        #expect(await eventually { fixture.log.lines(with: "status=").count == 2 })
        #expect(first.occurrences(of: .data) == 2)
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test func whereNobodyElseIsReachedTheReasonIsTheirs() async throws {
        let first = try await ScriptedPeer { step, _, _ in step == .endOfData ? .reply("452 4.3.1 full") : nil }
        let dead = try await UnreachableDestinationTests.freePort()
        let fixture = Self.fixture(first, then: []) { settings in
            settings.routing.fallbackRelays = [.init(host: UnreachableDestinationTests.quietHost, port: dead)]
        }
        await fixture.courier.start()
        for number in 0..<3 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.courier.statistics.deferred.value == 3 })
        let reason = "connect to 127.0.0.77[127.0.0.77]:\(dead): Connection refused"
        #expect(
            fixture.log.lines(with: "relay=none").filter { $0.hasSuffix("dsn=4.4.1, status=deferred (\(reason))") }
                .count == 3
        )
        #expect(fixture.log.lines(with: "said: 452 4.3.1 full").count == 3)
        #expect(fixture.courier.statistics.suspensions.value == 0)
        await fixture.end()
        await first.shutDown()
    }

    @Test func theSessionLimitEndsTheAttempt() async throws {
        let refuse: ScriptedPeer.Script = { step, _, _ in step == .mail ? .reply("450 4.2.0 later") : nil }
        let first = try await ScriptedPeer(script: refuse)
        let second = try await ScriptedPeer(script: refuse)
        let third = try await ScriptedPeer()
        let fixture = Self.fixture(first, then: [second.port, third.port])
        await fixture.courier.start()
        fixture.send()
        // Each fallback relay is a next hop with a count of its own.
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(third.messages.count == 1)
        #expect(await eventually { fixture.courier.statistics.failovers.value == 2 })
        await fixture.end()
        for peer in [first, second, third] { await peer.shutDown() }
    }

    @Test(arguments: [1, 3])
    func aServerThatBreaksEveryTransactionSlowsButLosesNothing(limit: Int) async throws {
        let first = try await ScriptedPeer { step, _, _ in step == .endOfData ? .close : nil }
        let second = try await ScriptedPeer()
        let fixture = Self.fixture(first, then: [second.port]) { $0.concurrencyLimit = limit }
        await fixture.courier.start()
        for number in 0..<60 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(Set(second.messages.flatMap(\.recipients)).count == 60)
        #expect(second.messages.count == 60)
        #expect(fixture.courier.statistics.deferred.value == 0)
        #expect(fixture.courier.statistics.suspensions.value == 0)
        #expect(fixture.courier.statistics.connections.maximum <= limit)
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test func mailThatTheBestServerTakesIsNotDrawnAlong() async throws {
        let first = try await ScriptedPeer { step, _, line in
            step == .recipient && line.contains("grey") ? .reply("450 4.2.0 greylisted") : nil
        }
        let second = try await ScriptedPeer()
        let fixture = Self.fixture(first, then: [second.port], loops: 1) { $0.concurrencyLimit = 2 }
        await fixture.courier.start()
        for number in 0..<100 { fixture.send(to: [number % 5 == 0 ? "grey\(number)@b" : "fine\(number)@b"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(second.messages.count == 20)
        #expect(second.messages.allSatisfy { $0.recipients[0].hasPrefix("grey") })
        #expect(first.messages.count == 80)
        #expect(second.connections == 20)
        #expect(fixture.courier.statistics.connections.maximum <= 2)
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test(arguments: [ScriptedPeer.Step.greeting, .mail])
    func theEndLeavesWhatGoesOnInTheSpool(_ step: ScriptedPeer.Step) async throws {
        let first = try await ScriptedPeer { step, _, line in
            if step == .recipient, line.contains("bad") { return .reply("550 5.1.1 no such user") }
            return step == .recipient ? .reply("450 4.2.0 later") : nil
        }
        let second = try await ScriptedPeer { reached, _, _ in reached == step ? .hang : nil }
        let fixture = Self.fixture(first, then: [second.port])
        await fixture.courier.start()
        fixture.send(to: ["r@b.example", "bad@b.example"])
        #expect(await eventually { second.occurrences(of: step) == 1 })
        await fixture.courier.shutDown(grace: 2_000)
        let left = try #require(fixture.spool.messages.first { $0.envelope.sender == "s@a.example" })
        #expect(left.envelope.recipients.map(\.state) == [.pending, .failed])
        #expect(left.envelope.recipients[0].attempts == 0)
        try? await fixture.group.shutdownGracefully()
        await first.shutDown()
        await second.shutDown()
    }
}
