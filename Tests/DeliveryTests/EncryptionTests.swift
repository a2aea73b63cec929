// SPDX-License-Identifier: Apache-2.0
// why: what a failed handshake means concerns the dialogue, the search and the lane together.

import Delivery
import Spooling
import Support
import Testing

/// A server that offers STARTTLS and cannot do it, at each level; and the same where it is the next one in the attempt.
@Suite struct EncryptionTests {
    struct Trouble: Sendable, CustomStringConvertible {
        let description: String
        let behaviour: ScriptedPeer.Behaviour
    }

    static let offer = ["PIPELINING", "STARTTLS"]
    static let troubles = [
        Trouble(description: "rubbish", behaviour: .reply("220 2.0.0 go")),
        Trouble(description: "gone", behaviour: .replyAndClose("220 2.0.0 go")),
        Trouble(description: "bytes behind the reply", behaviour: .raw("220 2.0.0 go\r\n250 ok\r\n")),
    ]

    static func server(_ trouble: Trouble) async throws -> ScriptedPeer {
        try await ScriptedPeer(extensions: offer) { step, _, _ in step == .startTLS ? trouble.behaviour : nil }
    }

    @Test(arguments: troubles)
    func withMayTheMessageGoesInClearTextAtOnceAndForAWhile(_ trouble: Trouble) async throws {
        let peer = try await Self.server(trouble)
        let fixture = Fixture(port: peer.port, loops: 1) { settings in
            settings.tls.level = .may
            settings.connectionIdleTime = 20
        }
        await fixture.courier.start()
        for (number, handshakes) in [1, 1, 2].enumerated() {
            if number == 2 { fixture.clock.advance(by: 300_001) }
            fixture.send(to: ["r\(number)@b"])
            #expect(await eventually { fixture.spool.messages.isEmpty })
            #expect(await eventually { fixture.courier.statistics.connections.current == 0 })
            #expect(peer.occurrences(of: .startTLS) == handshakes)
        }
        #expect(peer.messages.map(\.recipients) == [["r0@b"], ["r1@b"], ["r2@b"]])
        #expect(peer.connections == 5)
        #expect(fixture.courier.statistics.deferred.value == 0)
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: troubles, [DeliveryTLSSettings.Level.encrypt, .verify, .secure])
    func aboveMayNothingGoesInClearText(_ trouble: Trouble, _ level: DeliveryTLSSettings.Level) async throws {
        let peer = try await Self.server(trouble)
        let fixture = Fixture(port: peer.port) { $0.tls.level = level }
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        #expect(peer.connections == 1)
        #expect(!peer.commands.contains { $0.hasPrefix("MAIL") })
        #expect(fixture.spool.messages.count == 1)
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: troubles)
    func theNextServerInTheAttemptGetsItInClearTextToo(_ trouble: Trouble) async throws {
        let first = try await ScriptedPeer { step, _, _ in step == .recipient ? .reply("450 4.2.0 later") : nil }
        let second = try await Self.server(trouble)
        let fixture = Fixture(port: first.port, loops: 1) { settings in
            settings.tls.level = .may
            settings.concurrencyLimit = 1
            settings.routing.fallbackRelays = [.init(host: "127.0.0.1", port: second.port)]
        }
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(first.occurrences(of: .recipient) == 1)
        #expect(second.connections == 2)
        #expect(second.occurrences(of: .startTLS) == 1)
        #expect(second.messages.map(\.recipients) == [["r@b.example"]])
        #expect(fixture.courier.statistics.deferred.value == 0)
        #expect(await eventually { fixture.log.lines(with: "\(id): removed").count == 1 })
        // The right to a connection has come back: the next message goes its way.
        fixture.send(to: ["next@b.example"])
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(second.messages.count == 2)
        #expect(await eventually { fixture.courier.statistics.active.value == 0 })
        await fixture.end()
        await first.shutDown()
        await second.shutDown()
    }

    @Test func theEndDuringTheSecondHandshakeLeavesTheMessageInTheSpool() async throws {
        let first = try await ScriptedPeer { step, _, _ in step == .recipient ? .reply("450 4.2.0 later") : nil }
        let second = try await ScriptedPeer(extensions: Self.offer) { step, _, _ in step == .startTLS ? .hang : nil }
        let fixture = Fixture(port: first.port) { settings in
            settings.tls.level = .may
            settings.routing.fallbackRelays = [.init(host: "127.0.0.1", port: second.port)]
        }
        await fixture.courier.start()
        fixture.send()
        #expect(await eventually { second.occurrences(of: .startTLS) == 1 })
        await fixture.courier.shutDown(grace: 2_000)
        #expect(fixture.spool.messages.map { $0.envelope.recipients[0].attempts } == [0])
        #expect(second.connections == 1)
        try? await fixture.group.shutdownGracefully()
        await first.shutDown()
        await second.shutDown()
    }

    /// `smtp_tls_security_level = encrypt` and a reload: what is kept in clear text carries nothing more.
    @Test func aReloadEndsConnectionsThatAreNotAsWanted() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1)
        await fixture.courier.start()
        fixture.send(to: ["clear@b"])
        #expect(await eventually { fixture.spool.messages.isEmpty })
        var settings = Fixture.settings
        settings.relayHost = .init(host: "127.0.0.1", port: peer.port)
        settings.tls.level = .encrypt
        fixture.courier.reload(settings)
        fixture.send(to: ["secret@b"])
        #expect(
            await eventually { fixture.courier.statistics.sent.value + fixture.courier.statistics.deferred.value == 2 }
        )
        #expect(peer.messages.map(\.recipients) == [["clear@b"]])
        #expect(fixture.log.lines(with: "TLS is required, but was not offered").count >= 1)
        await fixture.end()
        await peer.shutDown()
    }

    /// `smtp_tls_wrappermode` without a file of authorities: the connection ends while it is being taken in, and counts no more.
    @Test func aConnectionThatEndsBeforeItsHandshakeBeginsIsCountedNoMore() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port, loops: 1) { settings in
            settings.concurrencyLimit = 1
            settings.tls.level = .verify
            settings.tls.isWrapped = true
            settings.tls.authorities = "/nonexistent/authorities.pem"
        }
        await fixture.courier.start()
        let id = fixture.send()
        #expect(await eventually { fixture.courier.statistics.deferred.value == 1 })
        #expect(await eventually(tries: 100) { fixture.courier.statistics.connections.current == 0 })
        #expect(peer.connections == 1)
        fixture.clock.advance(by: 300_001)
        _ = try fixture.courier.change([id], .reschedule(fixture.clock.now))
        #expect(await eventually(tries: 200) { fixture.courier.statistics.deferred.value == 2 })
        #expect(await eventually(tries: 100) { peer.connections == 2 })
        await fixture.end()
        await peer.shutDown()
    }
}
