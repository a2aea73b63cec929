// SPDX-License-Identifier: Apache-2.0
// why: how many connections there are is decided by lanes, shares and destinations together.

import Delivery
import Spooling
import Support
import Synchronization
import Testing

/// Connections to one destination: as many as there may be where mail waits, never none for good, and never without end.
@Suite struct ConcurrencyTests {
    /// A server that takes its time with the first message keeps nobody else waiting.
    @Test(arguments: [1, 2])
    func whatWaitsForTheFirstConnectionGetsItsOwn(loops: Int) async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .endOfData ? .hang : nil }
        let fixture = Fixture(port: peer.port, loops: loops) { $0.concurrencyLimit = 4 }
        for number in 0..<20 {
            fixture.spool.add(Fixture.envelope(from: "s@a", to: ["\(number)@b.example"]), body: "x\r\n")
        }
        await fixture.courier.start()
        #expect(await eventually(tries: 400) { peer.occurrences(of: .endOfData) == 4 })
        #expect(peer.mostConnections == 4)
        await fixture.courier.shutDown(grace: 10)
        try? await fixture.group.shutdownGracefully()
        await peer.shutDown()
    }

    /// One message hangs, five break, a probe is refused: when the server has come to its senses mail flows again.
    @Test(arguments: [1, 2])
    func aDestinationIsTriedAgainWhileOneConnectionHangs(loops: Int) async throws {
        let isRefusing = Mutex(false)
        let peer = try await ScriptedPeer { step, _, line in
            switch step {
            case .greeting: isRefusing.withLock { $0 } ? .replyAndClose("421 4.3.2 too busy") : nil
            case .endOfData: .hang
            case .recipient where line.contains("break"): .close
            case .recipient where line.contains("good"): .reply("250 2.1.5 good")
            default: nil
            }
        }
        let fixture = Fixture(port: peer.port, loops: loops) { $0.concurrencyLimit = 4 }
        await fixture.courier.start()
        fixture.send(to: ["hang@b"])
        #expect(await eventually { peer.occurrences(of: .endOfData) == 1 })
        for number in 0..<DestinationMachine.brokenDialogues {
            fixture.send(to: ["break\(number)@b"])
            #expect(await eventually { fixture.courier.statistics.deferred.value == number + 1 })
        }
        #expect(fixture.courier.statistics.suspensions.value == 1)
        fixture.clock.advance(by: 299_999)
        isRefusing.withLock { $0 = true }
        fixture.clock.advance(by: 1)
        let greetings = peer.occurrences(of: .greeting)
        for number in 0..<4 { fixture.send(to: ["good\(number)@b"]) }
        #expect(await eventually { peer.occurrences(of: .greeting) > greetings })
        isRefusing.withLock { $0 = false }
        #expect(
            await eventually(tries: 600) {
                fixture.clock.advance(by: 10)
                return peer.commands.contains("RCPT TO:<good0@b>")
            }
        )
        await fixture.courier.shutDown(grace: 10)
        try? await fixture.group.shutdownGracefully()
        await peer.shutDown()
    }

    /// Each is decided without a word to the server, one after the other on the same connection.
    @Test func manyMessagesTooLargeForTheServerDoNotPileUp() async throws {
        let peer = try await ScriptedPeer(extensions: ["SIZE 2"])
        let fixture = Fixture(port: peer.port, loops: 1)
        let isFree = Atomic(false)
        // why: the loop is kept busy until all of them wait for the first connection.
        fixture.group.next().execute { while !isFree.load(ordering: .relaxed) {} }
        for number in 0..<15_000 { fixture.send(from: "", to: ["\(number)@b"]) }
        isFree.store(true, ordering: .relaxed)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(fixture.courier.statistics.bounced.value == 15_000)
        #expect(peer.connections < 100)
        await fixture.end()
        await peer.shutDown()
    }

    /// The body is not in memory, so nothing has gone out when the server leaves; that must not be tried without end.
    @Test(arguments: [
        ScriptedPeer.Behaviour.raw("250 peer.example\r\n421 4.3.2 leaving\r\n"), .replyAndClose("250 peer.example"),
    ])
    func aServerThatLeavesRightAfterEHLOCountsAsAnAttempt(_ behaviour: ScriptedPeer.Behaviour) async throws {
        let peer = try await ScriptedPeer { step, _, _ in step == .ehlo ? behaviour : nil }
        let fixture = Fixture(port: peer.port, loops: 1)
        await fixture.courier.start()
        var message = fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r@b"]), body: "x\r\n")
        message.body = nil
        fixture.courier.deliver(message)
        #expect(await eventually(tries: 400) { fixture.courier.statistics.deferred.value == 1 })
        #expect(peer.connections == 1)
        #expect(fixture.spool.messages.first?.envelope.recipients[0].attempts == 1)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aBreakIsSeenBehindARecipientThatWasRefused() async throws {
        let peer = try await ScriptedPeer(extensions: []) { step, _, line in
            if step == .recipient, line.contains("bad") { return .reply("550 5.1.1 no such user") }
            return step == .data ? .close : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        fixture.send(from: "", to: ["bad@b", "good@b"])
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        #expect(fixture.courier.statistics.bounced.value == 1)
        #expect(fixture.courier.statistics.lostConnections.value == 1)
        await fixture.end()
        await peer.shutDown()
    }

    /// Of those who wait for the only connection, the first have nothing to send any more: the next one gets it all the same.
    @Test func aTurnThatNobodyTakesGoesToTheNextInTheLine() async throws {
        let busy = try await ScriptedPeer { step, _, _ in step == .endOfData ? .hang : nil }
        let free = try await ScriptedPeer()
        let hops = ["b", "c", "d", "e"]
        let table =
            "busy.example smtp:[127.0.0.1]:\(busy.port)\nlast.example smtp:[127.0.0.1]:\(free.port)\n"
            + hops.enumerated().map { "\($1).example smtp:[127.0.0.\($0 + 2)]:\(free.port)\n" }.joined()
        let fixture = Fixture(port: nil, loops: 1) { settings in
            settings.routing.connectionLimit = 1
            settings.routing.transportTables = [.inline(table)]
        }
        await fixture.courier.start()
        fixture.send(to: ["first@busy.example"])
        #expect(await eventually { busy.occurrences(of: .endOfData) == 1 })
        let gone = hops.map { fixture.send(to: ["gone@\($0).example"]) }
        fixture.send(to: ["r@last.example"])
        #expect(try fixture.courier.change(gone, .delete) == .init(count: hops.count))
        // Longer than anybody in the line waits before he looks again.
        try await Task.sleep(for: .milliseconds(350))
        await busy.closeConnections()
        #expect(await eventually(tries: 300) { free.messages.map(\.recipients) == [["r@last.example"]] })
        await fixture.end()
        await busy.shutDown()
        await free.shutDown()
    }
}
