// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import ProxyProtocol
import Reception
import SMTP
import Spooling
import Support
import Testing

/// Screening over whole sessions: what clients are told, when, and what the log and the counters say.
struct ScreenedSessionTests {
    private typealias Settings = [(name: String, value: String)]

    private func session(_ settings: Settings = [], client: String? = "192.0.2.1") throws -> TestSession {
        try TestSession([(name: "postscreen_greet_wait", value: "6")] + settings, client: client)
    }

    private func written(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    private func lines(_ session: TestSession) -> [String] {
        session.log.lines.map { $0.replacing("relaybox/", with: "").replacing("[192.0.2.1]:4242", with: "C") }
    }

    @Test func aQuietClientIsGreetedAfterTheWait() throws {
        let session = try session()
        #expect(try written(session.channel) == "220-relay.example.net ESMTP relaybox\r\n")
        #expect(session.receiver.statistics.screening.parked.current == 1)
        #expect(session.receiver.statistics.sessions.current == 0)
        session.loop.advanceTime(by: .milliseconds(5_900))
        #expect(try written(session.channel) == "")
        session.loop.advanceTime(by: .milliseconds(300))
        #expect(try written(session.channel) == "220 relay.example.net ESMTP relaybox\r\n")
        #expect(session.receiver.statistics.screening.parked.current == 0)
        #expect(session.receiver.statistics.screening.screened.current == 0)
        #expect(session.receiver.statistics.sessions.current == 1)
        try session.send("QUIT\r\n")
        #expect(try written(session.channel) == "221 2.0.0 Bye\r\n")
        try session.finish()
        #expect(
            lines(session) == [
                "postscreen: CONNECT from C to [192.0.2.25]:25", "postscreen: PASS NEW C",
                "smtpd: connect from unknown[192.0.2.1]",
                "smtpd: disconnect from unknown[192.0.2.1] quit=1 commands=1",
            ]
        )
        #expect(session.receiver.statistics.screening.passedNew.value == 1)
    }

    @Test func whatWasSentBeforeTheGreetingIsServedAfterIt() throws {
        let session = try session()
        try session.send("EHLO early\r\n")
        #expect(try session.nextReply() == "220 relay.example.net ESMTP relaybox")
        #expect(try session.nextReply() == "250 8BITMIME")
        #expect(session.receiver.statistics.screening.pregreeted.value == 1)
        try session.finish()
        #expect(lines(session)[1] == "postscreen: PREGREET 12 after 0 from C: EHLO early\\r\\n")
    }

    @Test(arguments: [1, 7, Int.max]) func anEarlyTalkerIsCut(chunk: Int) throws {
        let session = try session([(name: "postscreen_greet_action", value: "drop")])
        try session.send(Array("EHLO early\r\nMAIL FROM:<a@example.org>\r\n".utf8), chunk: chunk)
        let text = try written(session.channel)
        #expect(text == "220-relay.example.net ESMTP relaybox\r\n521 5.5.1 Protocol error\r\n")
        session.loop.advanceTime(by: .seconds(4))
        #expect(!session.channel.isActive)
        #expect(lines(session).last == "postscreen: DISCONNECT C")
        #expect(session.receiver.statistics.screening.screened.current == 0)
        try session.finish()
    }

    @Test func aClientThatLeavesIsLogged() throws {
        let session = try session()
        try session.finish()
        #expect(
            lines(session).dropFirst() == [
                "postscreen: HANGUP after 0 from C in tests before SMTP handshake", "postscreen: DISCONNECT C",
            ]
        )
        #expect(session.receiver.statistics.screening.parked.current == 0)
        #expect(session.receiver.statistics.screening.screened.current == 0)
        #expect(session.receiver.statistics.screening.hangups.value == 1)
    }

    @Test func aConnectionThatWasGoneWhenItCameIsCountedNoMore() throws {
        let session = try session()
        let channel = EmbeddedChannel(loop: session.loop)
        channel.close(promise: nil)
        var header = ByteBuffer()
        ProxyHeaderEncoder(version: .v2).encode(
            ProxyHeader(
                command: .proxy,
                source: try SocketAddress(ipAddress: "192.0.2.9", port: 4_242),
                destination: try SocketAddress(ipAddress: "192.0.2.25", port: 25)
            ),
            into: &header
        )
        session.receiver.receive(channel, header: header)
        session.loop.run()
        #expect(session.receiver.statistics.screening.parked.current == 1)
        #expect(session.receiver.statistics.screening.parked.total == 2)
        #expect(session.receiver.statistics.screening.screened.current == 1)
        try session.finish()
        #expect(session.receiver.statistics.screening.screened.current == 0)
    }

    @Test func aSessionUnderTestTakesMailWithoutASecondConnection() throws {
        let session = try session([
            (name: "postscreen_pipelining_action", value: "enforce"),
            (name: "postscreen_non_smtp_command_action", value: "drop"),
        ])
        session.loop.advanceTime(by: .seconds(7))
        try session.send("EHLO client\r\n")
        #expect(try !written(session.channel).contains("PIPELINING"))
        #expect(session.receiver.statistics.screening.screened.current == 1)
        try session.send("MAIL FROM:<a@example.org>\r\n")
        try session.send("RCPT TO:<b@example.net>\r\n")
        #expect(session.receiver.statistics.screening.screened.current == 0)
        try session.send("DATA\r\n")
        try session.send("Subject: x\r\n\r\ny\r\n.\r\n")
        #expect(session.arrived.all.count == 1)
        try session.send("EHLO client\r\n")
        #expect(try written(session.channel).contains("PIPELINING"))
        try session.finish()
        #expect(
            lines(session).prefix(3) == [
                "postscreen: CONNECT from C to [192.0.2.25]:25", "postscreen: PASS NEW C",
                "smtpd: connect from unknown[192.0.2.1]",
            ]
        )
        let message = try #require(session.spool.messages.first)
        #expect(!"\(message)".contains("screen"))
    }

    @Test func aFailedTestRefusesEveryRecipientOnceAndForAll() throws {
        let session = try session([(name: "postscreen_pipelining_action", value: "enforce")])
        session.loop.advanceTime(by: .seconds(7))
        try session.send("EHLO client\r\nMAIL FROM:<a@example.org>\r\n")
        try session.send("RCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nDATA\r\n")
        let text = try written(session.channel)
        #expect(
            text.hasSuffix(
                "550 5.5.1 Protocol error\r\n550 5.5.1 Protocol error\r\n503 5.5.1 Error: need RCPT command\r\n"
            )
        )
        #expect(session.spool.messages.isEmpty)
        #expect(session.receiver.statistics.screening.pipelined.value == 1)
        #expect(session.receiver.statistics.screening.rejected.value == 2)
        try session.finish()
        #expect(!lines(session).contains { $0.hasPrefix("smtpd: ") })
    }

    @Test func limitsCutASessionUnderTest() throws {
        let settings = [
            (name: "postscreen_pipelining_action", value: "enforce"),
            (name: "postscreen_command_count_limit", value: "2"), (name: "postscreen_command_time_limit", value: "3"),
        ]
        let chatty = try session(settings)
        chatty.loop.advanceTime(by: .seconds(7))
        for _ in 0..<3 { try chatty.send("NOOP\r\n") }
        #expect(
            try written(chatty.channel).hasSuffix("421 relay.example.net Service unavailable - try again later\r\n")
        )
        let silent = try session(settings)
        silent.loop.advanceTime(by: .seconds(11))
        #expect(try written(silent.channel).hasSuffix("421 4.4.2 relay.example.net Error: timeout exceeded\r\n"))
        for session in [chatty, silent] { try session.finish() }
        #expect(lines(chatty).contains("postscreen: COMMAND COUNT LIMIT from C after NOOP"))
        #expect(lines(silent).contains("postscreen: COMMAND TIME LIMIT from C after CONNECT"))
        #expect(chatty.receiver.statistics.screening.screened.current == 0)
    }

    @Test func aConnectionThatWaitsIsEndedWithAReply() throws {
        let session = try session()
        _ = try written(session.channel)
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        #expect(
            try written(session.channel)
                == "421 4.3.2 relay.example.net Service not available, closing transmission channel\r\n"
        )
        try session.finish()
        #expect(session.receiver.statistics.screening.screened.current == 0)
        #expect(session.receiver.statistics.screening.parked.current == 0)
        #expect(session.receiver.statistics.sessions.current == 0)
    }

    @Test func aBalancersOwnCheckNeedNotWait() throws {
        let session = try session(client: nil)
        #expect(try written(session.channel) == "220 relay.example.net ESMTP relaybox\r\n")
        try session.finish()
    }

    @Test func aListThatNobodyCanAskRefusesNobody() throws {
        let session = try session([(name: "postscreen_dnsbl_sites", value: "bl.example.org*9")])
        session.loop.advanceTime(by: .seconds(7))
        #expect(try written(session.channel).hasSuffix("\r\n220 relay.example.net ESMTP relaybox\r\n"))
        #expect(session.receiver.statistics.screening.blocklistFailures.value == 1)
        try session.finish()
    }

    // MARK: - Many connections

    /// Another connection to the same pool.
    private func connect(_ session: TestSession, from client: String) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: session.loop)
        try channel.connect(to: SocketAddress(ipAddress: "203.0.113.9", port: 25)).wait()
        var bytes = ByteBuffer()
        let header = ProxyHeader(
            command: .proxy,
            source: try SocketAddress(ipAddress: client, port: 4_242),
            destination: try SocketAddress(ipAddress: "192.0.2.25", port: 25)
        )
        ProxyHeaderEncoder(version: .v2).encode(header, into: &bytes)
        session.receiver.receive(channel, header: bytes)
        return channel
    }

    @Test func stressShortensTheWait() throws {
        let session = try session([(name: "postscreen_pre_queue_limit", value: "10")])
        var crowd: [EmbeddedChannel] = []
        for index in 2...9 { crowd.append(try connect(session, from: "192.0.2.\(index)")) }
        #expect(session.log.lines.last == "relaybox/postscreen: entering STRESS mode with 9 connections")
        crowd.append(try connect(session, from: "192.0.2.10"))
        let refused = try connect(session, from: "192.0.2.11")
        #expect(try written(refused) == "421 4.3.2 All screening ports are busy\r\n")
        #expect(session.receiver.statistics.screening.stress.value == 1)
        let last = try #require(crowd.last)
        _ = try written(last)
        session.loop.advanceTime(by: .milliseconds(1_200))
        #expect(try written(last) == "220 relay.example.net ESMTP relaybox\r\n")
        session.loop.advanceTime(by: .seconds(7))
        #expect(session.log.lines.contains("relaybox/postscreen: leaving STRESS mode with 7 connections"))
        #expect(session.receiver.statistics.screening.stress.value == 0)
        for channel in crowd + [refused] { _ = try? channel.finish(acceptAlreadyClosed: true) }
        try session.finish()
    }

    @Test func oneClientHoldsOnlySoMany() throws {
        let session = try session([(name: "postscreen_client_connection_count_limit", value: "2")])
        let second = try connect(session, from: "192.0.2.1")
        let third = try connect(session, from: "192.0.2.1")
        #expect(try written(third) == "421 4.7.0 Error: too many connections\r\n")
        #expect(
            session.log.lines.contains {
                $0.hasSuffix("NOQUEUE: reject: CONNECT from [192.0.2.1]:4242: too many connections")
            }
        )
        _ = try? third.finish(acceptAlreadyClosed: true)
        _ = try? second.finish(acceptAlreadyClosed: true)
        let again = try connect(session, from: "192.0.2.1")
        #expect(try written(again).hasPrefix("220-"))
        _ = try? again.finish(acceptAlreadyClosed: true)
        try session.finish()
    }

    @Test func aKnownClientIsGreetedBesideThoseThatWait() throws {
        let session = try session()
        session.loop.advanceTime(by: .seconds(7))
        let other = try connect(session, from: "192.0.2.2")
        let known = try connect(session, from: "192.0.2.1")
        #expect(try written(known) == "220 relay.example.net ESMTP relaybox\r\n")
        #expect(try written(other) == "220-relay.example.net ESMTP relaybox\r\n")
        #expect(session.receiver.statistics.screening.passedOld.value == 1)
        for channel in [other, known] { _ = try? channel.finish(acceptAlreadyClosed: true) }
        try session.finish()
    }
}
