// SPDX-License-Identifier: Apache-2.0

import Delivery
import Glibc
import Spooling
import Support
import Testing

/// What is in memory and what waits in the spool, where something happens between two looks.
@Suite struct ActiveQueueTests {
    /// The search has not seen the second message, which found no room, and nobody is left whose end would make room.
    @Test func mailTurnedAwayDuringASearchDoesNotWaitForTheNextQueueRun() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1) { $0.activeLimit = 1 }
        await fixture.courier.start()
        fixture.spool.whenSearched { [fixture] in
            fixture.spool.pause()
            fixture.send(to: ["first@b"])
            fixture.send(to: ["second@b"])
            fixture.spool.proceed()
            for _ in 0..<2_000 where fixture.courier.statistics.active.value > 0 { usleep(1_000) }
        }
        _ = try fixture.courier.change([], .release)
        #expect(await eventually { peer.messages.count >= 1 })
        #expect(await eventually(tries: 300) { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["first@b"], ["second@b"]])
        await fixture.end()
        await peer.shutDown()
    }

    /// What is announced during a search takes the room that the search began with.
    @Test func aSearchBringsNoMoreThanThereIsRoomForWhenItEnds() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1) { $0.activeLimit = 1 }
        await fixture.courier.start()
        fixture.spool.add(Fixture.envelope(from: "s@a", to: ["found@b"]), body: "x\r\n")
        fixture.spool.whenSearched { [fixture] in
            fixture.spool.pause()
            fixture.send(to: ["announced@b"])
        }
        _ = try fixture.courier.change([], .release)
        #expect(await eventually { peer.messages.count == 1 })
        #expect(await eventually(tries: 60) { fixture.courier.statistics.active.value > 1 } == false)
        fixture.spool.proceed()
        #expect(await eventually(tries: 300) { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["announced@b"], ["found@b"]])
        await fixture.end()
        await peer.shutDown()
    }

    /// A client may take its time between MAIL, when the id is drawn, and the final dot.
    @Test(arguments: [QueueChange.hold, .delete])
    func aMessageThatAnOperatorChangedIsNotDeliveredByALateAnnouncement(_ change: QueueChange) async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1)
        await fixture.courier.start()
        let message = fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r@b"]), body: "x\r\n")
        fixture.clock.advance(by: 600_000)
        #expect(try fixture.courier.change([message.envelope.id], change).count == 1)
        fixture.courier.deliver(message)
        fixture.send(to: ["last@b"])
        #expect(await eventually { peer.messages.contains { $0.recipients == ["last@b"] } })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        #expect(peer.messages.map(\.recipients) == [["last@b"]])
        await fixture.end()
        await peer.shutDown()
    }

    /// Recipients of one message may be due at different times; the round of one must not forget the other.
    @Test func aRecipientThatWaitsIsTriedWhenItIsDue() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1)
        await fixture.courier.start()
        var envelope = Fixture.envelope(from: "s@a", to: ["now@b", "later@b"])
        envelope.recipients[1].due = fixture.clock.now + 50
        fixture.courier.deliver(fixture.spool.add(envelope, body: "x\r\n"))
        #expect(await eventually { peer.messages.count == 1 })
        fixture.clock.advance(by: 1_000)
        #expect(await eventually(tries: 300) { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["now@b"], ["later@b"]])
        await fixture.end()
        await peer.shutDown()
    }
}
