// SPDX-License-Identifier: Apache-2.0
// why: a destination that cannot be reached concerns the lanes, the schedule and the log together.

import Delivery
import NIOCore
import NIOPosix
import Spooling
import Support
import Testing

/// Next hops that cannot be reached, by every kind of name.
@Suite struct UnreachableDestinationTests {
    /// An address that no other test listens on, and a port there that nobody does.
    static let quietHost = "127.0.0.77"

    static func freePort() async throws -> Int {
        let peer = try await ScriptedPeer(host: quietHost)
        await peer.shutDown()
        return peer.port
    }

    @Test func everythingWaitsForADestinationThatRefuses() async throws {
        let port = try await Self.freePort()
        let fixture = Fixture(port: port, host: Self.quietHost)
        await fixture.courier.start()
        for number in 0..<50 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.courier.statistics.deferred.value == 50 })
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        let host = "127.0.0.77[127.0.0.77]:\(port)"
        #expect(fixture.log.lines(with: "relaybox/smtp: connect to \(host): Connection refused").count == 1)
        #expect(await eventually { fixture.courier.statistics.connectFailures.value == 1 })
        let direct = fixture.log.lines(with: "dsn=4.4.1, status=deferred (connect to \(host): Connection refused)")
        #expect(direct.count == 1)
        #expect(direct.first?.contains("relay=none") == true)
        let reason = "(delivery temporarily suspended: connect to \(host): Connection refused)"
        #expect(fixture.log.lines(with: "relaybox/error: ").filter { $0.hasSuffix(reason) }.count == 49)
        #expect(fixture.spool.messages.allSatisfy { $0.envelope.recipients[0].due == fixture.clock.now + 300_000 })

        // Nobody knocks again before the time, then one connect tries for all.
        fixture.send(to: ["late@b.example"])
        #expect(await eventually { fixture.courier.statistics.deferred.value == 51 })
        #expect(await eventually { fixture.courier.statistics.connectFailures.value == 1 })
        fixture.clock.advance(by: 300_000)
        _ = try fixture.courier.change([], .reschedule(fixture.clock.now))
        #expect(await eventually { fixture.courier.statistics.deferred.value == 102 })
        #expect(await eventually { fixture.courier.statistics.connectFailures.value == 2 })
        #expect(fixture.spool.messages.allSatisfy { $0.envelope.recipients[0].due >= fixture.clock.now + 300_000 })

        // The server comes up, and an operator says so.
        let peer = try await ScriptedPeer(host: Self.quietHost, port: port)
        fixture.courier.flush()
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 51)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func namesAndBothFamiliesOfAddressesWork() async throws {
        for (host, bound) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("localhost", "127.0.0.1")] {
            let peer = try await ScriptedPeer(host: bound)
            let fixture = Fixture(port: peer.port, host: host)
            await fixture.courier.start()
            fixture.send()
            #expect(await eventually { fixture.spool.messages.isEmpty })
            #expect(fixture.log.lines(with: "relay=\(host)[\(bound)]:\(peer.port), ").count == 1)
            await fixture.end()
            await peer.shutDown()
        }
    }

    @Test func aNameWithoutAddressIsADeferral() async throws {
        let fixture = Fixture(port: 25, host: "no-such-host.invalid")
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        let reason = "Host or domain name not found. Name service error for name=no-such-host.invalid"
        #expect(fixture.log.lines(with: "dsn=4.4.3, status=deferred (\(reason))").count == 1)
        await fixture.end()
    }

    @Test func aGreetingThatRefusesOneConnectionTooManyOnlyStopsFurtherOnes() async throws {
        let peer = try await ScriptedPeer { step, occurrence, _ in
            if step == .greeting, occurrence > 2 { return .replyAndClose("421 4.7.0 too many connections") }
            return nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        for number in 0..<300 { fixture.send(to: ["r\(number)@b.example"]) }
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 300)
        #expect(fixture.courier.statistics.deferred.value == 0)
        #expect(peer.connections < 60)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func withDeferredTransportsMailWaitsAndTheLogSaysSoOnce() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port) { $0.routing.defersEverything = true }
        await fixture.courier.start()
        fixture.send()
        fixture.send()
        #expect(fixture.log.lines.count == 1)
        #expect(fixture.log.lines[0].contains("defer_transports"))
        #expect(fixture.spool.messages.count == 2)
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })

        var settings = Fixture.settings
        settings.relayHost = .init(host: "127.0.0.1", port: peer.port)
        fixture.courier.reload(settings)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 2)

        settings.routing.defersEverything = true
        fixture.courier.reload(settings)
        fixture.send()
        #expect(fixture.log.lines(with: "defer_transports").count == 2)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func withoutRelayhostAndDNSMailWaits() async throws {
        let fixture = Fixture(port: nil)
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        let reason = "Name service error for name=b.example type=MX: the DNS cannot be asked)"
        #expect(fixture.log.lines(with: "dsn=4.4.3, status=deferred").filter { $0.hasSuffix(reason) }.count == 1)
        await fixture.end()
    }

    @Test func aReloadSendsTheNextMessageToTheNewHop() async throws {
        let first = try await ScriptedPeer()
        let second = try await ScriptedPeer()
        let fixture = Fixture(port: first.port)
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { first.messages.count == 1 && fixture.spool.messages.isEmpty })
        var settings = Fixture.settings
        settings.relayHost = .init(host: "127.0.0.1", port: second.port)
        fixture.courier.reload(settings)
        #expect(await eventually { first.openConnections == 0 })
        fixture.send()
        #expect(await eventually { second.messages.count == 1 })
        #expect(first.messages.count == 1)
        #expect(first.commands.last == "QUIT")
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }
}
