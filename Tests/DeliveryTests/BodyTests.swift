// SPDX-License-Identifier: Apache-2.0
// why: a body on the wire, from the spool to the peer.

import Delivery
import NIOCore
import Spooling
import Support
import Testing

/// What goes over the wire between 354 and the final dot.
@Suite struct BodyTests {
    /// Lines of 990 bytes: enough of them are more than a connection takes at once.
    static func lines(_ count: Int, first: String = "") -> String {
        String(repeating: first + String(repeating: "x", count: 988) + "\r\n", count: count)
    }

    static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let body: String
        let traits: BodyTraits
        let wire: String
        var description: String { name }
    }

    static let cases: [Case] = [
        Case(name: "plain", body: "a\r\nb\r\n", traits: [], wire: "a\r\nb\r\n"),
        Case(name: "empty", body: "", traits: [], wire: ""),
        Case(name: "unterminated", body: "a\r\nb", traits: .unterminated, wire: "a\r\nb\r\n"),
        Case(name: "dots", body: ".\r\na\r\n..b\r\n", traits: .leadingDots, wire: "..\r\na\r\n...b\r\n"),
        Case(name: "large", body: lines(400), traits: [], wire: lines(400)),
        Case(
            name: "large with dots, unterminated",
            body: lines(400, first: ".") + "end",
            traits: [.leadingDots, .unterminated],
            wire: lines(400, first: "..") + "end\r\n"
        ),
        Case(name: "long lines that nobody noticed", body: x(1_500) + "\r\n", traits: [], wire: x(1_500) + "\r\n"),
        Case(name: "lines at the limit", body: x(998) + "\r\n", traits: .longLines, wire: x(998) + "\r\n"),
        Case(name: "a line over it", body: x(999) + "\r\n", traits: .longLines, wire: x(998) + "\r\n x\r\n"),
        Case(
            name: "dots at the break",
            body: "." + x(997) + ".\r\n.\r\n",
            traits: [.longLines, .leadingDots],
            wire: ".." + x(997) + "\r\n .\r\n..\r\n"
        ),
        Case(
            name: "a long end",
            body: x(1_200),
            traits: [.longLines, .unterminated],
            wire: x(998) + "\r\n " + x(202) + "\r\n"
        ),
        Case(
            name: "one line of many pieces",
            body: x(998) + String(repeating: x(997), count: 300) + "\r\n",
            traits: .longLines,
            wire: x(998) + String(repeating: "\r\n " + x(997), count: 300) + "\r\n"
        ),
    ]

    @Test(arguments: cases, [true, false])
    func goesOutWholeFromMemoryAndFromTheSpool(_ example: Case, inMemory: Bool) async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        var message = fixture.spool.add(
            Fixture.envelope(from: "s@a", to: ["r@b"], traits: example.traits),
            body: example.body
        )
        if !inMemory { message.body = nil }
        fixture.courier.deliver(message)
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.count == 1)
        #expect(peer.messages.first?.body.utf8.count == example.wire.utf8.count)
        #expect(peer.messages.first?.body == example.wire)
        message.body = nil
        #expect(await eventually { fixture.courier.statistics.connections.current == 1 })
        await fixture.end()
        await peer.shutDown()
    }

    @Test(arguments: [(0, "abcdef\r\n", false), (4, "abcd\r\n ef\r\n", true), (2_000, "abcdef\r\n", false)])
    func theLimitIsASetting(limit: Int, wire: String, isLogged: Bool) async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port) { $0.lineLengthLimit = limit }
        await fixture.courier.start()
        // why: lines beyond a smaller limit than the usual one are not noticed when they come in.
        let id = fixture.send(body: "abcdef\r\n", traits: limit == 0 ? .longLines : [])
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.first?.body == wire)
        let line = "relaybox/smtp: \(id): breaking line > \(limit) bytes with <CR><LF>SPACE"
        #expect(fixture.log.lines.filter { $0 == line }.count == (isLogged ? 1 : 0))
        await fixture.end()
        await peer.shutDown()
    }

    @Test func theServersOfferDecidesTheParameters() async throws {
        for (extensions, parameters) in [
            (["SIZE 100", "8BITMIME"], " SIZE=11 BODY=8BITMIME"), (["8BITMIME"], " BODY=8BITMIME"),
            (["SIZE"], " SIZE=11"),
            (["PIPELINING"], ""),
        ] {
            let peer = try await ScriptedPeer(extensions: extensions)
            let fixture = Fixture(port: peer.port)
            await fixture.courier.start()
            fixture.send(body: "gr\u{FC}n: \r\n\r\n", traits: .eightBit)
            #expect(await eventually { fixture.spool.messages.isEmpty })
            #expect(peer.commands.contains("MAIL FROM:<s@a.example>\(parameters)"))
            #expect(peer.messages.first?.body == "gr\u{FC}n: \r\n\r\n")
            await fixture.end()
            await peer.shutDown()
        }
    }

    @Test func aMessageTooLargeForTheServerComesBack() async throws {
        let peer = try await ScriptedPeer(extensions: ["SIZE 2000"])
        let fixture = Fixture(port: peer.port) { $0.bounceSizeLimit = 30 }
        await fixture.courier.start()
        fixture.send(to: ["r@b"], body: Self.lines(3))
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(peer.messages.map(\.recipients) == [["s@a.example"]])
        #expect(
            fixture.log.lines(with: "dsn=5.3.4, status=bounced (message size 2970 exceeds size limit 2000 of server ")
                .count == 1
        )
        #expect(!peer.commands.contains { $0.contains("<r@b>") })
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aBodyThatCannotBeReadIsTriedAgainLater() async throws {
        let peer = try await ScriptedPeer()
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        var message = fixture.spool.add(Fixture.envelope(from: "s@a", to: ["r@b"]), body: "x\r\n")
        message.body = nil
        message.envelope.size = 300_000
        fixture.courier.deliver(message)
        #expect(await eventually { fixture.spool.messages.first?.envelope.recipients[0].attempts == 1 })
        #expect(fixture.log.lines(with: "dsn=4.3.0, status=deferred (queue file read error: ").count == 1)
        #expect(peer.messages.isEmpty)
        await fixture.end()
        await peer.shutDown()
    }

    @Test func aServerThatRefusesWhileTheBodyGoesOutIsHeard() async throws {
        let peer = try await ScriptedPeer { step, _, _ in
            step == .data ? .raw("354 go\r\n552 5.3.4 no more\r\n") : nil
        }
        let fixture = Fixture(port: peer.port)
        await fixture.courier.start()
        fixture.send(from: "", to: ["r@b"], body: Self.lines(900))
        #expect(await eventually { fixture.spool.messages.isEmpty })
        #expect(fixture.log.lines(with: "status=bounced (host").count == 1)
        #expect(peer.messages.isEmpty)
        await fixture.end()
        await peer.shutDown()
    }
}
