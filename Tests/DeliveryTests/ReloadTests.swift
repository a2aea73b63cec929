// SPDX-License-Identifier: Apache-2.0
// why: what a reload is to lanes that have not heard of it yet concerns the courier, the lanes and the routes together.

import Delivery
import NIOCore
import Spooling
import Statistics
import Support
import Synchronization
import Testing

/// A reload reaches each event loop a little later: what happens there in between.
@Suite struct ReloadTests {
    /// Keeps event loops busy from `init` to `release`, which runs `work` on the first of them before anything else.
    private final class Hold: Sendable {
        private let held = Atomic(0)
        private let isFree = Atomic(false)
        private let work = Mutex<(@Sendable () -> Void)?>(nil)
        private let done = Atomic(0)
        private let loops: [any EventLoop]

        init(_ loops: [any EventLoop]) {
            self.loops = loops
            for (index, loop) in loops.enumerated() {
                loop.execute { [self] in
                    held.wrappingAdd(1, ordering: .sequentiallyConsistent)
                    while !isFree.load(ordering: .sequentiallyConsistent) {
                        // why: the first loop works while the others are still held.
                        guard index == 0, let work = work.withLock({ $0 }) else { continue }
                        work()
                        isFree.store(true, ordering: .sequentiallyConsistent)
                    }
                }
            }
            while held.load(ordering: .sequentiallyConsistent) < loops.count {}
        }

        func release(_ work: @escaping @Sendable () -> Void) {
            self.work.withLock { $0 = work }
        }
    }

    private static func settings(_ peer: ScriptedPeer) -> DeliverySettings {
        var settings = Fixture.settings
        settings.relayHost = .init(host: "127.0.0.1", port: peer.port)
        return settings
    }

    /// The message is committed when mail is to go out again, on a loop that does not know it yet, after the queue was searched.
    @Test func mailThatComesWhileDeliveryIsSwitchedOnIsDelivered() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1) { $0.routing.defersEverything = true }
        await fixture.courier.start()
        let hold = Hold(fixture.group.makeIterator().map { $0 })
        let isSearched = Atomic(false)
        fixture.spool.whenSearched { isSearched.store(true, ordering: .sequentiallyConsistent) }
        fixture.courier.reload(Self.settings(peer))
        while !isSearched.load(ordering: .sequentiallyConsistent) { await Task.yield() }
        hold.release { [fixture] in fixture.send() }
        #expect(await eventually(tries: 300) { peer.messages.count == 1 && fixture.spool.messages.isEmpty })
        await fixture.end()
        await peer.shutDown()
    }

    /// What a loop begins by old settings after the destinations are new counts for nothing once it has the new ones.
    @Test func aDestinationOfFormerSettingsTakesNobodysPlace() async throws {
        let (old, new) = (try await ScriptedPeer(), try await ScriptedPeer())
        let fixture = Fixture(port: old.port, loops: 1) { $0.routing.destinationLimit = 1 }
        await fixture.courier.start()
        let hold = Hold(fixture.group.makeIterator().map { $0 })
        var settings = Self.settings(new)
        settings.routing.destinationLimit = 1
        fixture.courier.reload(settings)
        hold.release { [fixture] in fixture.send() }
        #expect(await eventually(tries: 300) { new.messages.count == 1 && fixture.spool.messages.isEmpty })
        #expect(old.messages.isEmpty)
        #expect(fixture.courier.statistics.deferred.value == 0)
        await fixture.end()
        await old.shutDown()
        await new.shutDown()
    }

    /// One loop hands a message by old settings to another that has the new ones.
    @Test func aMessageThatChangesLoopsGoesWhereTheNewSettingsSay() async throws {
        let (old, new) = (try await ScriptedPeer(), try await ScriptedPeer())
        let fixture = Fixture(port: old.port, loops: 2) { $0.concurrencyLimit = 1 }
        await fixture.courier.start()
        // The second lane has no connection of its own, and is the first that works.
        let hold = Hold(fixture.group.makeIterator().reversed())
        var settings = Self.settings(new)
        settings.concurrencyLimit = 1
        fixture.courier.reload(settings)
        hold.release { [fixture] in fixture.send() }
        #expect(await eventually(tries: 300) { new.messages.count == 1 && fixture.spool.messages.isEmpty })
        #expect(old.messages.isEmpty)
        await fixture.end()
        await old.shutDown()
        await new.shutDown()
    }

    /// A sink that does something in the middle of a reload: when it is told that a file of authorities cannot be read.
    private final class MeddlingLog: LogSink {
        let book = LogBook()
        let meddle = Mutex<(@Sendable () -> Void)?>(nil)

        func write(_ record: LogRecord) {
            book.write(record)
            guard record.message.contains("needs a trusted server") else { return }
            let work = meddle.withLock { meddle in
                defer { meddle = nil }
                return meddle
            }
            work?()
        }
    }

    /// The table changes when the reload has read it and no loop has it yet.
    @Test func aTableThatChangesDuringAReloadIsObeyed() async throws {
        let fixture = Fixture(port: nil, loops: 1)
        let files = ScriptedFiles()
        files.write("b.example error:5.1.2 one\n", to: "/t")
        let look = Mutex<(@Sendable () -> Void)?>(nil)
        var access = files.files
        access.offload = { work in look.withLock { $0 = work } }
        var settings = Fixture.settings
        settings.routing.transportTables = [.file(path: "/t")]
        let log = MeddlingLog()
        let courier = Courier(
            settings: settings,
            spool: fixture.spool,
            group: fixture.group,
            log: log,
            now: { [clock = fixture.clock] in clock.now },
            files: access
        )
        #expect(await eventually { look.withLock { $0 != nil } })
        log.meddle.withLock {
            $0 = {
                files.write("b.example error:5.1.2 two\n", to: "/t")
                look.withLock { $0 }?()
            }
        }
        settings.tls.level = .verify
        settings.tls.authorities = "/nonexistent/authorities.pem"
        courier.reload(settings)
        #expect(log.book.lines(with: "/t has changed").count == 1)
        courier.deliver(fixture.spool.add(Fixture.envelope(from: "", to: ["r@b.example"]), body: "x\r\n"))
        #expect(await eventually { log.book.lines(with: "status=bounced").count == 1 })
        #expect(log.book.lines(with: "status=bounced (two)").count == 1)
        await courier.shutDown(grace: 100)
        await fixture.end()
    }
}
