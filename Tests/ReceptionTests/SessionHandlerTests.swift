// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import SMTP
import Spooling
import Support
import Testing

struct SessionHandlerTests {
    // why: EHLO must be alone in its segment.
    private func greeted(_ settings: [(name: String, value: String)] = [], client: String? = "192.0.2.1") throws
        -> TestSession
    {
        let session = try TestSession(settings, client: client)
        #expect(try session.nextReply().hasPrefix("220"))
        try session.send("EHLO client\r\n")
        #expect(try session.nextReply().hasPrefix("250"))
        return session
    }

    private func inData(_ settings: [(name: String, value: String)] = [], client: String? = "192.0.2.1") throws
        -> TestSession
    {
        let session = try greeted(settings, client: client)
        try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
        for code in ["250", "250", "354"] { #expect(try session.nextReply().hasPrefix(code)) }
        return session
    }

    @Test func storesWhatWasSentBehindATraceHeader() throws {
        let session = try inData()
        try session.send("Message-ID: <1@example.org>\r\n\r\n..dot\r\ntext\r\n.\r\n")
        #expect(try session.nextReply().hasPrefix("250 2.0.0 Ok: queued as "))
        let message = try #require(session.spool.messages.first)
        let id = message.envelope.id
        #expect(
            String(buffer: message.body)
                == "Received: from client (unknown [192.0.2.1])\r\n\tby relay.example.net (relaybox) with ESMTP id \(id)\r\n"
                + "\tfor <b@example.net>;\r\n\tTue, 24 Nov 2026 21:11:18 +0000 (UTC)\r\n"
                + "Message-ID: <1@example.org>\r\n\r\n.dot\r\ntext\r\n"
        )
        #expect(message.envelope.sender == "a@example.org")
        #expect(message.envelope.recipients.map(\.address) == ["b@example.net"])
        #expect(message.envelope.traits == [.leadingDots])
        #expect(message.envelope.messageID == "<1@example.org>")
        #expect(session.arrived.all == [id])
        try session.finish()
    }

    @Test func logsAsPostfixDoes() throws {
        let session = try inData()
        try session.send(
            "Message-ID: <1@example.org>\r\n\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@other.example>\r\nQUIT\r\n"
        )
        for code in ["250", "250", "554", "221"] { #expect(try session.nextReply().hasPrefix(code)) }
        try session.finish()
        let id = try #require(session.spool.messages.first).envelope.id
        #expect(
            session.log.lines == [
                "relaybox/smtpd: connect from unknown[192.0.2.1]",
                "relaybox/smtpd: \(id): client=unknown[192.0.2.1]",
                "relaybox/cleanup: \(id): message-id=<1@example.org>",
                "relaybox/smtpd: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <c@other.example>: "
                    + "Relay access denied; from=<> to=<c@other.example> proto=ESMTP helo=<client>",
                "relaybox/smtpd: disconnect from unknown[192.0.2.1] ehlo=1 mail=2 rcpt=1/2 data=1 quit=1 commands=6/7",
            ]
        )
    }

    @Test(arguments: [
        (SpoolError.full, "452 4.3.1 Insufficient system storage"),
        (.disk("fdatasync failed"), "451 4.3.0 Error: queue file write error"), (.busy, "452 4.3.1"),
    ])
    func everyLocalFailureIsTemporary(error: SpoolError, reply: String) throws {
        let session = try inData()
        session.spool.fail(with: error)
        try session.send("text\r\n.\r\n")
        #expect(try session.nextReply().hasPrefix(reply))
        #expect(session.spool.messages.isEmpty)
        #expect(session.arrived.all.isEmpty)
        try session.send("MAIL FROM:<a@example.org>\r\n")
        #expect(try session.nextReply().hasPrefix(reply))
        session.spool.fail(with: nil)
        try session.send("MAIL FROM:<a@example.org>\r\n")
        #expect(try session.nextReply().hasPrefix("250"))
        #expect(session.receiver.statistics.storageFailures.value == 2)
        try session.finish()
    }

    @Test func nothingIsAnsweredBeforeTheCommit() throws {
        let session = try inData()
        session.spool.pause()
        try session.send("text\r\n.\r\nMAIL FROM:<a@example.org>\r\n")
        session.loop.advanceTime(by: .seconds(100))
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        session.spool.proceed()
        session.loop.run()
        #expect(try session.nextReply().hasPrefix("250 2.0.0 Ok: queued as"))
        #expect(try session.nextReply().hasPrefix("250 2.1.0 Ok"))
        try session.finish()
    }

    @Test func aCommitThatIsTooSlowIsRefusedAndTakenBack() async throws {
        let session = try inData()
        session.spool.pause()
        try session.send("text\r\n.\r\n")
        session.loop.advanceTime(by: .seconds(302))
        #expect(try session.nextReply().hasPrefix("451 4.3.0"))
        session.spool.proceed()
        session.loop.run()
        #expect(session.arrived.all.isEmpty)
        try session.send("QUIT\r\n")
        #expect(try session.nextReply().hasPrefix("221"))
        try session.finish()
        // Not by the spool alone: somebody may be about to deliver it.
        for _ in 0..<2_000 where !session.log.lines.contains(where: { $0.contains("come again") }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(session.spool.messages.isEmpty)
        let id = try #require(session.withdrawn.all.first)
        #expect(
            session.log.lines.contains {
                $0.hasSuffix("\(id): removed: stored after its client had been told to come again")
            }
        )
    }

    /// What becomes of the second of two commits when the first, which was given up, comes late.
    @Test(arguments: [true, false])
    func aLateCommitDoesNotAnswerForTheNextMessage(isStored: Bool) throws {
        let session = try inData()
        session.spool.pause()
        try session.send("first\r\n.\r\n")
        session.loop.advanceTime(by: .seconds(302))
        #expect(try session.nextReply().hasPrefix("451 4.3.0"))
        try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
        for code in ["250", "250", "354"] { #expect(try session.nextReply().hasPrefix(code)) }
        try session.send("second\r\n.\r\n")
        session.spool.proceedOne()
        session.loop.run()
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(session.arrived.all.isEmpty)
        if !isStored { session.spool.fail(with: .full) }
        session.spool.proceed()
        session.loop.run()
        let reply = try session.nextReply()
        if isStored {
            let id = try #require(session.arrived.all.first)
            #expect(reply == "250 2.0.0 Ok: queued as \(id)")
            #expect(String(buffer: try #require(session.spool.messages.last).body).hasSuffix("second\r\n"))
        } else {
            #expect(reply.hasPrefix("452 4.3.1"))
        }
        #expect(session.arrived.all.count == (isStored ? 1 : 0))
        try session.finish()
    }

    @Test func aClientThatLeavesBeforeTheReplyHasStillHandedItsMessageOver() throws {
        let session = try inData()
        session.spool.pause()
        try session.send("text\r\n.\r\n")
        try session.finish()
        session.spool.proceed()
        session.loop.run()
        #expect(session.arrived.all.count == 1)
        #expect(
            session.log.lines.contains("relaybox/smtpd: lost connection after END-OF-MESSAGE from unknown[192.0.2.1]")
        )
    }

    @Test func aSessionIsEndedOnlyBetweenMessages() throws {
        let session = try inData()
        session.spool.pause()
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        try session.send("text\r\n.\r\n")
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        session.spool.proceed()
        session.loop.run()
        #expect(try session.nextReply().hasPrefix("250 2.0.0 Ok: queued as"))
        #expect(try session.nextReply().hasPrefix("421 4.3.2 relay.example.net"))
        try session.finish()
    }

    @Test func anIdleSessionIsEndedAtOnce() throws {
        let session = try greeted()
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .killed))
        #expect(try session.nextReply().hasPrefix("421 4.3.2"))
        session.loop.advanceTime(by: .seconds(3))
        #expect(!session.channel.isActive)
        #expect(session.log.lines.last == "relaybox/smtpd: disconnect from unknown[192.0.2.1] ehlo=1 commands=1")
    }

    @Test func tellsTheBalancerWhatItAnswered() throws {
        let session = try TestSession()
        let listener = ReportListener()
        try session.channel.pipeline.syncOperations.addHandler(listener, position: .first)
        try session.send("QUIT\r\n")
        try session.finish()
        #expect(listener.reports.map(\.lastReplyCode) == [221, 221])
        #expect(listener.reports.map(\.phase) == [.closed, .closed])
    }

    @Test func aFlushAfterQuitOfALostClientIsNoError() throws {
        let session = try greeted()
        try session.finish()
        #expect(
            session.log.lines.suffix(2) == [
                "relaybox/smtpd: lost connection after EHLO from unknown[192.0.2.1]",
                "relaybox/smtpd: disconnect from unknown[192.0.2.1] ehlo=1 commands=1",
            ]
        )
        #expect(session.receiver.statistics.sessions.current == 0)
        #expect(session.receiver.statistics.lostConnections.value == 1)
    }

    @Test func withoutAValidHeaderNobodyIsGreeted() throws {
        let session = try TestSession()
        let channel = EmbeddedChannel(loop: session.loop)
        try channel.connect(to: SocketAddress(ipAddress: "203.0.113.9", port: 25)).wait()
        session.receiver.receive(channel, header: ByteBuffer(string: "EHLO client\r\n"))
        #expect(
            try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
                == "421 4.3.0 relay.example.net Server local error\r\n"
        )
        #expect(session.receiver.statistics.headerErrors.value == 1)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        try session.finish()
    }
}

/// Stands where the balancer's handler stands, and keeps the reports that pass.
private final class ReportListener: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var reports: [SessionReport] = []

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if let report = event as? SessionReport {
            reports.append(report)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }
}
