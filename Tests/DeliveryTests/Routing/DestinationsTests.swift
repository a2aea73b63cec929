// SPDX-License-Identifier: Apache-2.0
// why: several destinations concern router, lanes, destinations and rounds together.

import Delivery
import Spooling
import Support
import Testing

/// Mail for several destinations at once, by a table and without DNS.
@Suite struct DestinationsTests {
    static func table(_ lines: [String]) -> [TransportSource] { [.inline(lines.joined(separator: "\n"))] }

    @Test func aMessageIsSplitByDestinationAndReportedOnce() async throws {
        let first = try await ScriptedPeer { step, _, line in
            step == .recipient && line.contains("<no@") ? .reply("550 5.1.1 no such user") : nil
        }
        let second = try await ScriptedPeer()
        let fixture = Fixture(port: second.port) { settings in
            settings.routing.transportTables = Self.table([
                "one.example smtp:[127.0.0.1]:\(first.port)", "gone.example error:5.1.2 gone", "drop.example discard:",
            ])
        }
        await fixture.courier.start()
        let id = fixture.send(
            from: "s@a.example",
            to: [
                "x@one.example", "y@two.example", "no@one.example", "z@gone.example", "q@drop.example", "w@two.example",
            ]
        )
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(first.messages.map(\.recipients) == [["x@one.example"]])
        #expect(await eventually { second.messages.count == 2 })
        #expect(second.messages.contains { $0.recipients == ["y@two.example", "w@two.example"] })
        let report = try #require(second.messages.first { $0.recipients == ["s@a.example"] })
        #expect(report.body.contains("no@one.example"))
        #expect(report.body.contains("z@gone.example"))
        #expect(fixture.log.lines(with: "bounce: \(id): sender non-delivery notification").count == 1)
        #expect(
            fixture.log.lines(with: "relaybox/error: \(id): to=<z@gone.example>, relay=none").first?
                .hasSuffix("dsn=5.1.2, status=bounced (gone)") == true
        )
        #expect(fixture.log.lines(with: "relaybox/discard: \(id): to=<q@drop.example>").count == 1)
        #expect(fixture.log.lines(with: "\(id): removed").count == 1)
        #expect(fixture.log.lines(with: "\(id): from=<s@a.example>").first?.contains("nrcpt=6") == true)
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test func aDestinationThatIsDownSlowsNoOther() async throws {
        let dead = try await UnreachableDestinationTests.freePort()
        let hanging = try await ScriptedPeer { step, _, _ in step == .greeting ? .hang : nil }
        let well = try await ScriptedPeer()
        let fixture = Fixture(port: well.port) { settings in
            settings.greetingTimeout = 60_000
            settings.routing.transportTables = Self.table([
                "dead.example smtp:[\(UnreachableDestinationTests.quietHost)]:\(dead)",
                "hangs.example smtp:[127.0.0.1]:\(hanging.port)",
            ])
        }
        await fixture.courier.start()
        for number in 0..<60 {
            fixture.send(to: ["\(number)@dead.example"])
            fixture.send(to: ["\(number)@hangs.example"])
            fixture.send(to: ["\(number)@well.example"])
        }
        #expect(await eventually { well.messages.count == 60 && fixture.courier.statistics.deferred.value == 60 })
        // why: where the machine is busy, the server sees its connection later than the courier.
        #expect(await eventually { hanging.connections == 1 && fixture.spool.messages.count == 120 })
        await fixture.end()
        await hanging.shutDown()
        await well.shutDown()
    }

    @Test func aDestinationThatIsSlowLeavesRoomInMemory() async throws {
        let hanging = try await ScriptedPeer { step, _, _ in step == .endOfData ? .hang : nil }
        let well = try await ScriptedPeer()
        let fixture = Fixture(port: well.port, loops: 2) { settings in
            settings.activeLimit = 40
            settings.concurrencyLimit = 2
            settings.routing.transportTables = Self.table(["hangs.example smtp:[127.0.0.1]:\(hanging.port)"])
        }
        await fixture.courier.start()
        for number in 0..<60 { fixture.send(to: ["\(number)@hangs.example"]) }
        for number in 0..<100 { fixture.send(to: ["\(number)@well.example"]) }
        // The pace is looked at now and then, and the clock must move between: also for what comes back into the room that
        // the others leave. It moves less than the minute that mail waits which found none.
        let clock = fixture.clock
        let isDone = await eventually(tries: 6_000) {
            clock.advance(by: 9)
            return well.messages.count == 100 && fixture.spool.messages.count == 60
                && fixture.courier.statistics.active.value <= 30
        }
        #expect(isDone)
        #expect(well.messages.count == 100)
        #expect(fixture.spool.messages.count == 60)
        #expect(fixture.courier.statistics.active.value <= 30)
        // Those that found no room are not counted as tried.
        #expect(fixture.courier.statistics.deferred.value == 0)
        #expect(fixture.spool.messages.allSatisfy { $0.envelope.recipients[0].attempts == 0 })
        await fixture.end()
        await hanging.shutDown()
        await well.shutDown()
    }

    @Test func theNextServerTakesOverWhenOneRefuses() async throws {
        let busy = try await ScriptedPeer { step, _, _ in
            step == .greeting ? .replyAndClose("421 4.3.2 not now") : nil
        }
        let well = try await ScriptedPeer()
        let fixture = Fixture(port: busy.port) { settings in
            settings.routing.fallbackRelays = [.init(host: "127.0.0.1", port: well.port)]
        }
        await fixture.courier.start()
        for number in 0..<20 { fixture.send(to: ["\(number)@b.example"]) }
        #expect(await eventually { well.messages.count == 20 && fixture.spool.messages.isEmpty })
        #expect(fixture.courier.statistics.deferred.value == 0)
        #expect(fixture.log.lines(with: "refused to talk to me: 421 4.3.2 not now").isEmpty == false)
        await fixture.end()
        await busy.shutDown()
        await well.shutDown()
    }

    @Test func destinationsAreForgottenAndTheirNumberIsLimited() async throws {
        let well = try await ScriptedPeer()
        let dead = try await UnreachableDestinationTests.freePort()
        let lines = (0..<50).map { "d\($0).example smtp:[127.0.9.\($0)]:\(dead)" }
        let fixture = Fixture(port: well.port) { settings in
            settings.routing.destinationLimit = 5
            settings.routing.transportTables = Self.table(lines)
        }
        await fixture.courier.start()
        for number in 0..<50 { fixture.send(to: ["x@d\(number).example"]) }
        #expect(await eventually { fixture.courier.statistics.deferred.value == 50 })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        #expect(fixture.courier.destinationCount <= 5)
        fixture.send(to: ["x@well.example"])
        #expect(await eventually { well.messages.count == 1 })
        await fixture.end()
        await well.shutDown()
    }

    @Test func connectionsToAllDestinationsAreLimited() async throws {
        let peers = [try await ScriptedPeer(), try await ScriptedPeer(), try await ScriptedPeer()]
        let fixture = Fixture(port: peers[0].port, loops: 2) { settings in
            settings.routing.connectionLimit = 2
            settings.routing.transportTables = Self.table([
                "one.example smtp:[127.0.0.1]:\(peers[1].port)", "two.example smtp:[127.0.0.1]:\(peers[2].port)",
            ])
        }
        await fixture.courier.start()
        for number in 0..<30 {
            for domain in ["b.example", "one.example", "two.example"] { fixture.send(to: ["\(number)@\(domain)"]) }
        }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        for peer in peers { #expect(peer.messages.count == 30) }
        #expect(fixture.courier.statistics.connections.maximum <= 2)
        await fixture.end()
        for peer in peers { await peer.shutDown() }
    }

    @Test func aReloadRoutesWhatWaits() async throws {
        let hanging = try await ScriptedPeer { step, _, _ in step == .greeting ? .hang : nil }
        let well = try await ScriptedPeer()
        let fixture = Fixture(port: hanging.port) { $0.greetingTimeout = 60_000 }
        await fixture.courier.start()
        for number in 0..<10 { fixture.send(to: ["\(number)@b.example"]) }
        #expect(await eventually { hanging.connections == 1 })
        var settings = Fixture.settings
        settings.relayHost = .init(host: "127.0.0.1", port: hanging.port)
        settings.routing.transportTables = Self.table(["b.example smtp:[127.0.0.1]:\(well.port)"])
        fixture.courier.reload(settings)
        #expect(await eventually { well.messages.count == 10 && fixture.spool.messages.isEmpty })
        await fixture.end()
        await hanging.shutDown()
        await well.shutDown()
    }

    @Test func concurrencyBeginsLowAndGrows() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1) { settings in
            settings.concurrencyLimit = 12
            settings.routing.initialConcurrency = 3
        }
        // why: they wait in the spool. One after the other, a busy machine may send them no faster than they are delivered.
        for number in 0..<400 {
            fixture.spool.add(Fixture.envelope(from: "s@a", to: ["\(number)@b.example"]), body: "x\r\n")
        }
        await fixture.courier.start()
        #expect(await eventually { fixture.spool.messages.isEmpty && peer.mostConnections > 3 })
        #expect(peer.mostConnections <= 12)
        await fixture.end()
        await peer.shutDown()
    }
}
