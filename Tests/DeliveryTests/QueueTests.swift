// SPDX-License-Identifier: Apache-2.0
// why: how the courier and the spool keep a queue between them.

import Delivery
import Spooling
import Support
import Synchronization
import Testing

/// The courier and its queue: what is loaded, kept, dropped, recorded and expired.
@Suite struct QueueTests {
    @Test func startDeliversWhatTheSpoolHolds() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port) { $0.activeLimit = 10 }
        for number in 0..<100 { fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r\(number)@b"]), body: "x\r\n") }
        await fixture.courier.start()
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(Set(peer.messages.map { $0.recipients[0] }).count == 100)
        #expect(peer.messages.count == 100)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func whatDoesNotFitWaitsAndIsFetchedWhenThereIsRoom() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port) { $0.activeLimit = 5 }
        await fixture.courier.start()
        for number in 0..<300 { fixture.send(to: ["r\(number)@b"]) }
        #expect(fixture.courier.statistics.active.value <= 5)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 300)
        #expect(Set(peer.messages.map { $0.recipients[0] }).count == 300)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aMessageFetchedAndAnnouncedIsDeliveredOnce() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port)
        let messages = (0..<50).map { number in
            fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r\(number)@b"]), body: "x\r\n")
        }
        await fixture.courier.start()
        for message in messages.prefix(25) { fixture.courier.deliver(message) }
        #expect(await eventually { fixture.spool.messages.isEmpty && fixture.courier.statistics.active.value == 0 })
        // An announcement that comes after the message is gone.
        for message in messages.suffix(25) { fixture.courier.deliver(message) }
        fixture.send(to: ["last@b"])
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count >= 51 })
        #expect(peer.messages.count == 51)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func deferredMailIsTriedWhenItIsDue() async throws {
        let peer = try await ScriptedPeer { step, occurrence, _ in
            step == .recipient && occurrence <= 2 ? .reply("450 4.2.0 not yet") : nil
        }
        let fixture = Fixture(port: peer.port) { settings in
            settings.queueRunDelay = 20
            settings.minimalBackoff = 1_000
        }
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { fixture.spool.messages.first?.envelope.recipients[0].attempts == 1 })
        #expect(fixture.spool.messages[0].envelope.recipients[0].due == fixture.clock.now + 1_000)
        fixture.clock.advance(by: 1_000)
        #expect(await eventually { fixture.spool.messages.first?.envelope.recipients[0].attempts == 2 })
        fixture.clock.advance(by: 1_000)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 1)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func mailThatHasWaitedTooLongComesBack() async throws {
        let peer = try await ScriptedPeer { step, _, line in
            step == .recipient && line.contains("r@b") ? .reply("450 4.2.0 not yet") : nil
        }
        let fixture = Fixture(port: peer.port) { $0.lifetime = 100_000 }
        await fixture.courier.start()
        let id = fixture.send(to: ["r@b"])
        #expect(await eventually { fixture.spool.messages.first?.envelope.recipients[0].attempts == 1 })
        fixture.clock.advance(by: 300_000)
        _ = try fixture.courier.change([id], .reschedule(fixture.clock.now))
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count == 1 })
        #expect(
            fixture.log.lines(with: "qmgr: \(id): from=<s@a.example>, status=expired, returned to sender").count == 1
        )
        #expect(await eventually { fixture.courier.statistics.expired.value == 1 })
        #expect(peer.messages[0].body.contains("Status: 4.2.0"))
        #expect(peer.messages[0].body.contains("450 4.2.0 not yet"))
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: [("", BodyTraits()), ("s@a", .report)])
    func nobodyIsToldAboutReports(_ sender: String, _ traits: BodyTraits) async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .recipient ? .reply("550 5.1.1 no") : nil }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        fixture.send(from: sender, to: ["r@b", "q@b"], traits: traits)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(await eventually { fixture.courier.statistics.unreportable.value == 2 })
        #expect(fixture.courier.statistics.reports.value == 0)
        #expect(fixture.log.lines(with: "nobody to tell").count == 1)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aReportIsLoggedAndDelivered() async throws {
        let peer = try await ScriptedPeer { step, _, line in
            step == .recipient && line.contains("r@b") ? .reply("550 5.1.1 no") : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        var message = fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r@b"]), body: "Subject: x\r\n\r\nbody\r\n")
        message.body = nil
        fixture.courier.deliver(message)
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count == 1 })
        let id = message.envelope.id
        let line = try #require(fixture.log.lines(with: "sender non-delivery notification: ").first)
        #expect(line.hasPrefix("relaybox/bounce: \(id): sender non-delivery notification: "))
        let report = String(line.split(separator: " ").last ?? "")
        #expect(fixture.log.lines(with: "relaybox/qmgr: \(report): from=<>, size=").count == 1)
        #expect(fixture.log.lines(with: "relaybox/smtp: \(report): to=<s@a>, ").count == 1)
        #expect(fixture.log.lines(with: "relaybox/qmgr: \(id): removed").count == 1)
        #expect(peer.messages[0].body.contains("Subject: x\r\n\r\nbody\r\n"))
        await fixture.end()
        await peer.shutDown()
    }

    @Test func manyRecipientsGoInSeveralTransactionsAndOneReport() async throws {
        let peer = try await ScriptedPeer { step, _, line in
            step == .recipient && line.contains("bad") ? .reply("550 5.1.1 no") : nil
        }
        let fixture = Fixture(port: peer.port) { $0.recipientLimit = 10 }
        await fixture.courier.start()
        let recipients = (0..<35).map { $0 % 10 == 3 ? "bad\($0)@b" : "r\($0)@b" }
        fixture.send(to: recipients)
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count == 5 })
        #expect(Set(peer.messages.dropLast().flatMap(\.recipients)) == Set(recipients.filter { !$0.hasPrefix("bad") }))
        #expect(await eventually { fixture.courier.statistics.reports.value == 1 })
        let report = try #require(peer.messages.first { $0.sender.isEmpty })
        for number in [3, 13, 23, 33] { #expect(report.body.contains("Final-Recipient: rfc822; bad\(number)@b")) }
        await fixture.end()
        await peer.shutDown()
    }

    /// So it is with a report: it becomes durable with the refusal it is about, once.
    @Test(arguments: [false, true])
    func aResultTheSpoolCannotTakeIsKeptAndNothingIsDeliveredTwice(isRefused: Bool) async throws {
        let peer = try await ScriptedPeer { step, _, line in
            isRefused && step == .recipient && line.contains("second") ? .reply("550 5.1.1 no") : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.spool.messages.isEmpty })
        fixture.spool.pause()
        let second = fixture.send(to: ["second@b"])
        #expect(await eventually { fixture.spool.waiting == 1 })
        fixture.spool.fail(with: .full)
        fixture.spool.proceed()
        #expect(await eventually { fixture.courier.statistics.recordFailures.value >= 1 })
        #expect(fixture.spool.messages.count == 1)
        fixture.spool.fail(with: nil)
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.messages.count == 2 })
        #expect(peer.commands.filter { $0.contains("<second@b>") }.count == 1)
        #expect(peer.messages.last?.sender == (isRefused ? "" : "s@a.example"))
        #expect(fixture.log.lines(with: "cannot record").count == 1)
        #expect(fixture.log.lines(with: "\(second): removed").count == 1)
        #expect(id != second)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func deletedAndHeldMailIsNotDelivered() async throws {
        let peer = try await ScriptedPeer { step, occurrence, _ in step == .endOfData && occurrence == 1 ? .hang : nil }
        let fixture = Fixture(port: peer.port, loops: 1) { settings in
            settings.concurrencyLimit = 1
            settings.dataDoneTimeout = 1_000
        }
        await fixture.courier.start()
        let flying = fixture.send(to: ["flying@b"])
        let deleted = fixture.send(to: ["deleted@b"])
        let held = fixture.send(to: ["held@b"])
        #expect(await eventually { peer.commands.contains("DATA") })
        #expect(try fixture.courier.change([flying, deleted], .delete) == .init(count: 1, busy: [flying]))
        #expect(try fixture.courier.change([held], .hold) == .init(count: 1))
        #expect(try fixture.courier.change([flying], .hold) == .init(count: 0, busy: [flying]))
        // The one in flight is tried to its end, and stays in the queue as its server never answered.
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        #expect(fixture.log.lines(with: "to=<flying@b>").count == 1)
        #expect(try fixture.courier.change([flying], .delete) == .init(count: 1))
        #expect(fixture.log.lines(with: "to=<deleted@b>").isEmpty)
        #expect(fixture.log.lines(with: "to=<held@b>").isEmpty)
        #expect(try fixture.courier.change([held], .release) == .init(count: 1))
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["held@b"]])
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: [1, 3, 8])
    func theConcurrencyLimitHoldsAcrossLanes(_ limit: Int) async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 4) { $0.concurrencyLimit = limit }
        await fixture.courier.start()
        for number in 0..<400 { fixture.send(to: ["r\(number)@b"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 400)
        #expect(peer.mostConnections <= limit)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aKeptConnectionTheServerClosedCostsNothing() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1)
        await fixture.courier.start()
        for number in 0..<20 {
            fixture.send(to: ["r\(number)@b"])
            #expect(await eventually { peer.messages.count == number + 1 })
            // why: not awaited for the client's sake; sometimes it sends before it has seen the end.
            await peer.closeConnections()
        }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 20)
        #expect(fixture.courier.statistics.deferred.value == 0)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aServerThatLeavesAfterEachMessageGetsTheNextOnANewConnection() async throws {
        let peer = try await ScriptedPeer { step, occurrence, _ in
            step == .mail && occurrence % 2 == 0 ? .replyAndClose("421 4.7.0 enough for today") : nil
        }
        let fixture = Fixture(port: peer.port, loops: 1) { $0.concurrencyLimit = 1 }
        await fixture.courier.start()
        for number in 0..<20 { fixture.send(to: ["r\(number)@b"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 20)
        #expect(fixture.courier.statistics.deferred.value == 0)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func shutDownWaitsForFinalDotsAndRecordsTheirResults() async throws {
        let gate = Mutex(false)
        let peer = try await ScriptedPeer { step, _, _ in
            guard step == .endOfData else { return nil }
            gate.withLock { $0 = true }
            return nil
        }
        let fixture = Fixture(port: peer.port, loops: 1) { $0.concurrencyLimit = 1 }
        await fixture.courier.start()
        fixture.spool.pause()
        fixture.send(to: ["first@b"])
        fixture.send(to: ["second@b"])
        #expect(await eventually { fixture.spool.waiting >= 1 })
        async let end: Void = fixture.courier.shutDown(grace: 8_000)
        try await Task.sleep(for: .milliseconds(20))
        fixture.spool.proceed()
        await end
        let sent = Set(peer.messages.flatMap(\.recipients))
        let left = Set(fixture.spool.messages.flatMap { $0.envelope.recipients.map(\.address) })
        #expect(sent.contains("first@b"))
        #expect(sent.isDisjoint(with: left))
        #expect(sent.union(left) == ["first@b", "second@b"])
        #expect(gate.withLock { $0 })
        try await fixture.group.shutdownGracefully()
        await peer.shutDown()
    }

    @Test func shutDownDoesNotWaitForeverAndGivesUpTheRest() async throws {
        let peer = try await ScriptedPeer { step, _, line in
            step == .endOfData || (step == .recipient && line.contains("slow")) ? .hang : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        fixture.send(to: ["dot@b"])
        fixture.send(to: ["slow@b"])
        #expect(await eventually { peer.commands.filter { $0.hasPrefix("DATA") }.count >= 1 })
        await fixture.courier.shutDown(grace: 100)
        #expect(fixture.spool.messages.count == 2)
        #expect(fixture.log.lines(with: "status=").isEmpty)
        fixture.send(to: ["late@b"])
        #expect(fixture.log.lines(with: "late@b").isEmpty)
        try await fixture.group.shutdownGracefully()
        await peer.shutDown()
    }
}
