// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Support
import Testing

/// What sessions do while restrictions wait for the DNS, and what the log says of them.
struct SessionRestrictionTests {
    private func session(_ settings: [(String, String)], client: String? = "192.0.2.1") throws -> TestSession {
        try TestSession(settings.map { (name: $0.0, value: $0.1) }, client: client)
    }

    private func greet(_ session: TestSession, _ lines: String...) throws {
        #expect(try session.nextReply().hasPrefix("220"))
        for line in ["EHLO client.example"] + lines {
            try session.send(line + "\r\n")
            #expect(try session.nextReply().hasPrefix("250"))
        }
    }

    private static let listed: [(String, String)] = [
        ("dns", "1.2.0.192.bl.example later 127.0.0.2 spam"),
        ("smtpd_client_restrictions", "reject_rbl_client bl.example"),
    ]

    @Test func aCommandWaitsForTheDNSAndTheClientWithIt() throws {
        let session = try session(SessionRestrictionTests.listed)
        try greet(session, "MAIL FROM:<a@example.org>")
        try session.send("RCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nRSET\r\n")
        session.loop.advanceTime(by: .seconds(5))
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(session.names.waiting == 1)
        session.names.release()
        #expect(
            try session.nextReply()
                == "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example; spam"
        )
        session.names.release()
        #expect(try session.nextReply().hasPrefix("554"))
        #expect(try session.nextReply().hasPrefix("250"))
        try session.finish()
    }

    @Test func aMessageThatWasGivenUpLendsNobodyItsName() throws {
        let session = try session([
            ("file", "/senders bad@example.org REJECT"), ("smtpd_sender_restrictions", "hash:/senders"),
            ("smtpd_delay_reject", "no"),
        ])
        try greet(session, "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>", "RSET")
        try session.send("MAIL FROM:<bad@example.org>\r\n")
        #expect(try session.nextReply().hasPrefix("554"))
        try session.finish()
        #expect(session.log.lines.contains { $0.hasPrefix("relaybox/smtpd: NOQUEUE: reject: MAIL from ") })
    }

    @Test func aDNSThatNeverAnswersRefusesNobody() throws {
        let session = try session(SessionRestrictionTests.listed)
        try greet(session, "MAIL FROM:<a@example.org>")
        try session.send("RCPT TO:<b@example.net>\r\n")
        session.loop.advanceTime(by: .seconds(31))
        #expect(try session.nextReply() == "250 2.1.5 Ok")
        session.names.release()
        try session.send("QUIT\r\n")
        #expect(try session.nextReply().hasPrefix("221"))
        try session.finish()
        #expect(
            session.log.lines.contains(
                "relaybox/smtpd: warning: 192.0.2.1: RBL lookup error: bl.example: no answer in time"
            )
        )
        #expect(session.receiver.statistics.restrictionTroubles.value == 1)
    }

    @Test(arguments: [true, false]) func anAnswerAfterTheSessionDoesNothing(isAsked: Bool) throws {
        let session = try session(SessionRestrictionTests.listed)
        try greet(session, "MAIL FROM:<a@example.org>")
        try session.send("RCPT TO:<b@example.net>\r\n")
        if isAsked {
            session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        }
        try session.finish()
        session.names.release()
        session.loop.run()
        #expect(session.log.lines.last?.hasPrefix("relaybox/smtpd: disconnect from unknown[192.0.2.1]") == true)
        #expect(session.receiver.statistics.sessions.current == 0)
    }

    @Test(arguments: [true, false]) func aMessageWaitsForItsLastRestriction(isLost: Bool) throws {
        let session = try session([
            ("dns", "1.2.0.192.bl.example later"), ("smtpd_end_of_data_restrictions", "reject_rbl_client bl.example"),
        ])
        try greet(session, "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>")
        try session.send("DATA\r\n")
        #expect(try session.nextReply().hasPrefix("354"))
        try session.send("text\r\n.\r\n")
        session.loop.advanceTime(by: .seconds(5))
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        #expect(session.spool.messages.isEmpty)
        if isLost { try session.finish() }
        session.names.release()
        session.loop.run()
        #expect(session.spool.messages.count == (isLost ? 0 : 1))
        if !isLost { #expect(try session.nextReply().hasPrefix("250 2.0.0 Ok: queued as ")) }
        try session.finish()
    }

    @Test func aSessionThatIsAskedToEndDoesSoAfterTheAnswer() throws {
        let session = try session(SessionRestrictionTests.listed)
        try greet(session, "MAIL FROM:<a@example.org>")
        try session.send("RCPT TO:<b@example.net>\r\n")
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        #expect(try session.channel.readOutbound(as: ByteBuffer.self) == nil)
        session.names.release()
        #expect(try session.nextReply().hasPrefix("554"))
        #expect(try session.nextReply().hasPrefix("421 4.3.2"))
        try session.finish()
    }

    @Test func theClientsNameIsInEveryLine() throws {
        let session = try session([
            ("dns", "192.0.2.1 later named mail.example.org"), ("smtpd_peername_lookup", "yes"),
        ])
        session.loop.advanceTime(by: .seconds(1))
        #expect(session.log.lines == [])
        session.names.release()
        try greet(session, "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.net>")
        try session.send("RCPT TO:<c@other.example>\r\nDATA\r\n")
        #expect(try session.nextReply().hasPrefix("554"))
        #expect(try session.nextReply().hasPrefix("354"))
        try session.send("\r\ntext\r\n.\r\nQUIT\r\n")
        #expect(try session.nextReply().hasPrefix("250"))
        try session.finish()
        let message = try #require(session.spool.messages.first)
        let id = message.envelope.id
        #expect(String(buffer: message.body).hasPrefix("Received: from client.example (mail.example.org [192.0.2.1])"))
        #expect(
            session.log.lines == [
                "relaybox/smtpd: connect from mail.example.org[192.0.2.1]",
                "relaybox/smtpd: \(id): client=mail.example.org[192.0.2.1]",
                "relaybox/smtpd: \(id): reject: RCPT from mail.example.org[192.0.2.1]: 554 5.7.1 <c@other.example>: "
                    + "Relay access denied; from=<a@example.org> to=<c@other.example> proto=ESMTP helo=<client.example>",
                "relaybox/cleanup: \(id): message-id=",
                "relaybox/smtpd: disconnect from mail.example.org[192.0.2.1] ehlo=1 mail=1 rcpt=1/2 data=1 quit=1 "
                    + "commands=5/6",
            ]
        )
    }

    @Test func aNameThatDoesNotComeIsUnknownAndOneThatIsForgedIsWarnedOf() throws {
        let late = try session([("dns", "192.0.2.1 later named mail.example.org"), ("smtpd_peername_lookup", "yes")])
        late.loop.advanceTime(by: .seconds(31))
        #expect(try late.nextReply().hasPrefix("220"))
        late.names.release()
        try late.finish()
        #expect(late.log.lines.first == "relaybox/smtpd: connect from unknown[192.0.2.1]")
        let forged = try session([("dns", "192.0.2.1 forged mail.example.org"), ("smtpd_peername_lookup", "yes")])
        try forged.finish()
        #expect(
            forged.log.lines.first
                == "relaybox/smtpd: warning: hostname mail.example.org does not resolve to address 192.0.2.1"
        )
    }

    @Test func aClientThatLeavesBeforeItsNameIsKnownIsInTheLog() throws {
        let session = try session([("dns", "192.0.2.1 later named x.example"), ("smtpd_peername_lookup", "yes")])
        try session.finish()
        session.names.release()
        #expect(
            session.log.lines == [
                "relaybox/smtpd: connect from unknown[192.0.2.1]",
                "relaybox/smtpd: lost connection after CONNECT from unknown[192.0.2.1]",
                "relaybox/smtpd: disconnect from unknown[192.0.2.1] commands=0/0",
            ]
        )
    }

    @Test func linesNameThePointAndWhatIsKnown() throws {
        let session = try session([
            ("smtpd_delay_reject", "no"), ("smtpd_helo_restrictions", "warn_if_reject reject"),
            ("smtpd_sender_restrictions", "hash:/senders"), ("smtpd_data_restrictions", "defer"),
            ("file", "/senders x@example.org INFO seen; y@example.org REJECT"),
        ])
        try greet(session)
        for (line, code) in [
            ("MAIL FROM:<y@example.org>", "554"), ("MAIL FROM:<x@example.org>", "250"),
            ("RCPT TO:<b@example.net>", "250"),
            ("DATA", "450"), ("QUIT", "221"),
        ] {
            try session.send(line + "\r\n")
            #expect(try session.nextReply().hasPrefix(code))
        }
        try session.finish()
        let lines = session.log.lines.filter { $0.contains(" from=<") || $0.contains("reject") }
        #expect(
            lines.map { $0.replacing(#/[0-9A-Za-z]{12,}: reject: DATA/#, with: "ID: reject: DATA") } == [
                "relaybox/smtpd: NOQUEUE: reject_warning: EHLO from unknown[192.0.2.1]: 554 5.7.1 <client.example>: "
                    + "Helo command rejected: Access denied; proto=SMTP helo=<client.example>",
                "relaybox/smtpd: NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 554 5.7.1 <y@example.org>: "
                    + "Sender address rejected: Access denied; from=<y@example.org> proto=ESMTP helo=<client.example>",
                "relaybox/smtpd: NOQUEUE: info: MAIL from unknown[192.0.2.1]: seen; from=<x@example.org> proto=ESMTP "
                    + "helo=<client.example>",
                "relaybox/smtpd: ID: reject: DATA from unknown[192.0.2.1]: 450 4.3.2 <DATA>: Data command rejected: "
                    + "Try again later; from=<x@example.org> to=<b@example.net> proto=ESMTP helo=<client.example>",
            ]
        )
    }

    @Test func ratesAreLoggedAsAnvilsLimitsAre() throws {
        let session = try session([("smtpd_client_message_rate_limit", "1")])
        try greet(session, "MAIL FROM:<a@example.org>", "RSET")
        try session.send("MAIL FROM:<a@example.org>\r\n")
        #expect(try session.nextReply() == "450 4.7.1 Error: too much mail from 192.0.2.1")
        try session.finish()
        #expect(
            session.log.lines.contains(
                "relaybox/smtpd: warning: Message delivery request rate limit exceeded: 2 from unknown[192.0.2.1] for "
                    + "service smtp"
            )
        )
    }

    @Test func inputOutOfTurnIsRefusedWhereItDoesNotEndTheSession() throws {
        let session = try session([
            ("smtpd_forbid_unauth_pipelining", "no"), ("smtpd_data_restrictions", "reject_unauth_pipelining"),
        ])
        #expect(try session.nextReply().hasPrefix("220"))
        try session.send("HELO c\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
        for _ in 0..<3 { #expect(try session.nextReply().hasPrefix("250")) }
        #expect(
            try session.nextReply()
                == "503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining"
        )
        try session.finish()
    }

    @Test func aSizeThatIsTooMuchIsInTheLog() throws {
        let session = try session([("message_size_limit", "1000")])
        try greet(session)
        try session.send("MAIL FROM:<a@example.org> SIZE=1001\r\n")
        #expect(try session.nextReply() == "552 5.3.4 Message size exceeds fixed limit")
        try session.finish()
        #expect(
            session.log.lines.contains(
                "relaybox/smtpd: NOQUEUE: reject: MAIL from unknown[192.0.2.1]: 552 5.3.4 Message size exceeds fixed limit; "
                    + "from=<a@example.org> proto=ESMTP helo=<client.example>"
            )
        )
    }

    @Test func anotherProtocolIsNamedInTheLog() throws {
        let session = try session([])
        #expect(try session.nextReply().hasPrefix("220"))
        try session.send("GET /\t HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try session.nextReply() == "221 2.7.0 Error: I can break rules, too. Goodbye.")
        try session.finish()
        #expect(
            session.log.lines.dropFirst() == [
                "relaybox/smtpd: warning: non-SMTP command from unknown[192.0.2.1]: GET /\\011 HTTP/1.1",
                "relaybox/smtpd: disconnect from unknown[192.0.2.1] unknown=0/1 commands=0/1",
            ]
        )
    }

    @Test func trustedClientsHaveNoRates() throws {
        let session = try session([("smtpd_client_message_rate_limit", "1")], client: "10.1.1.1")
        try greet(session, "MAIL FROM:<a@example.org>", "RSET", "MAIL FROM:<a@example.org>")
        try session.finish()
    }
}
