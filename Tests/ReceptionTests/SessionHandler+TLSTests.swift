// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import SMTP
import Support
import Testing

struct SessionTLSTests {
    private static let files = "/tls/key.pem /tls/certificate.pem"

    private func session(
        _ settings: [(name: String, value: String)] = [("smtpd_tls_security_level", "may")],
        hasCertificate: Bool = true
    ) throws -> TestSession {
        let tables = ScriptedFiles()
        if hasCertificate {
            tables.write(TestCertificate.relayKey, to: "/tls/key.pem")
            tables.write(TestCertificate.relay, to: "/tls/certificate.pem")
        }
        return try TestSession(
            settings + [("smtpd_tls_chain_files", Self.files), ("smtpd_tls_loglevel", "1")],
            tables: tables
        )
    }

    private func ready(_ session: TestSession) throws {
        #expect(try session.nextReply().hasPrefix("220"))
        try session.send("EHLO client\r\n")
        #expect(try session.nextReply() == "250 8BITMIME")
    }

    private func encrypted(_ session: TestSession) throws -> TLSClient {
        try ready(session)
        try session.send("STARTTLS\r\n")
        #expect(try session.nextReply() == "220 2.0.0 Ready to start TLS")
        let client = try TLSClient(of: session)
        #expect(client.isEncrypted)
        return client
    }

    @Test func takesMailEncrypted() throws {
        let session = try session([("smtpd_tls_security_level", "may"), ("smtpd_tls_received_header", "yes")])
        let client = try encrypted(session)
        try client.send("EHLO client\r\n")
        #expect(try client.nextReply() == "250 8BITMIME")
        try client.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
        for code in ["250", "250", "354"] { #expect(try client.nextReply().hasPrefix(code)) }
        try client.send("Subject: x\r\n\r\ntext\r\n.\r\n")
        #expect(try client.nextReply().hasPrefix("250 2.0.0 Ok: queued as "))
        try client.send("QUIT\r\n")
        #expect(try client.nextReply() == "221 2.0.0 Bye")
        let message = try #require(session.spool.messages.first)
        #expect(
            String(buffer: message.body).hasPrefix(
                "Received: from client (unknown [192.0.2.1])\r\n"
                    + "\t(using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits)\r\n"
                    + "\t key-exchange X25519MLKEM768)\r\n\t(No client certificate requested)\r\n"
                    + "\tby relay.example.net (relaybox) with ESMTPS id \(message.envelope.id)\r\n"
            )
        )
        #expect(session.receiver.statistics.encryptedSessions.value == 1)
        try session.finish()
        #expect(
            session.log.lines.contains(
                "relaybox/smtpd: Anonymous TLS connection established from unknown[192.0.2.1]: TLSv1.3 with cipher "
                    + "TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519MLKEM768"
            )
        )
        #expect(
            session.log.lines.last
                == "relaybox/smtpd: disconnect from unknown[192.0.2.1] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 "
                + "commands=7"
        )
    }

    @Test(arguments: [false, true])
    func aClientCannotBeginAnyNumberOfSessions(isWrapped: Bool) throws {
        let first = try session([
            ("smtpd_tls_security_level", "may"), ("smtpd_tls_wrappermode", isWrapped ? "yes" : "no"),
            ("smtpd_client_new_tls_session_rate_limit", "1"),
        ])
        let begin = { (session: TestSession) throws -> TLSClient in
            isWrapped ? try TLSClient(of: session) : try encrypted(session)
        }
        #expect(try begin(first).isEncrypted)
        // The handshake that is one too many is answered by words inside, those after it do not begin.
        let second = try TestSession(beside: first)
        let reply = "421 4.7.0 relay.example.net Error: too many new TLS sessions from unknown[192.0.2.1]"
        #expect(try begin(second).nextReply() == reply)
        let third = try TestSession(beside: first)
        if isWrapped {
            #expect(!third.channel.isActive)
        } else {
            try ready(third)
            try third.send("STARTTLS\r\n")
            let refusal = "454 4.7.0 Error: too many new TLS sessions from unknown[192.0.2.1]"
            #expect(try third.nextReply() == refusal)
        }
        let other = try TestSession(beside: first, client: "192.0.2.2")
        #expect(try begin(other).isEncrypted)
        let request = isWrapped ? "TLS service" : "STARTTLS"
        let warnings = first.log.lines.filter { $0.contains("warning") }
        #expect(
            warnings == [
                "relaybox/smtpd: warning: New TLS session rate limit exceeded: 2 from unknown[192.0.2.1] for service smtp",
                "relaybox/smtpd: warning: Refusing \(request) request from unknown[192.0.2.1] for service smtp",
            ]
        )
        for session in [first, second, third, other] { try session.finish() }
    }

    @Test func forgetsWhatWasSaidInClearText() throws {
        let session = try session()
        try ready(session)
        try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n")
        for _ in 0..<2 { #expect(try session.nextReply().hasPrefix("250")) }
        try session.send("STARTTLS\r\n")
        #expect(try session.nextReply().hasPrefix("220"))
        let client = try TLSClient(of: session)
        try client.send("DATA\r\n")
        #expect(try client.nextReply() == "503 5.5.1 Error: need MAIL command")
        try session.finish()
    }

    /// CVE-2011-0411: neither in the same segment nor in the next one is a command taken from behind STARTTLS.
    @Test(arguments: [true, false])
    func takesNoCommandThatWasPutInInClearText(isOneSegment: Bool) throws {
        let session = try session([
            ("smtpd_tls_security_level", "may"), ("smtpd_forbid_unauth_pipelining", "no"),
        ])
        try ready(session)
        if isOneSegment {
            try session.send("STARTTLS\r\nRSET\r\nMAIL FROM:<evil@example.org>\r\n")
            #expect(try session.nextReply() == "554 5.5.0 Error: SMTP protocol synchronization")
        } else {
            try session.send("STARTTLS\r\n")
            #expect(try session.nextReply().hasPrefix("220"))
            _ = try? session.send("RSET\r\nMAIL FROM:<evil@example.org>\r\n")
            #expect(session.log.lines.contains("relaybox/smtpd: SSL_accept error from unknown[192.0.2.1]: -1"))
            #expect(session.log.lines.contains { $0.contains("warning: TLS library problem: error:") })
            #expect(!session.channel.isActive)
        }
        #expect(try session.nextReply() == "" || !session.channel.isActive)
        try session.finish()
        #expect(session.log.lines.last?.contains(" mail=") == false)
        #expect(session.log.lines.last?.contains("starttls=0/1") == true)
    }

    @Test func logsAConnectionThatIsLostInTheHandshake() throws {
        let session = try session()
        try ready(session)
        try session.send("STARTTLS\r\n")
        _ = try session.nextReply()
        session.channel.pipeline.fireChannelInactive()
        #expect(
            session.log.lines.suffix(3) == [
                "relaybox/smtpd: SSL_accept error from unknown[192.0.2.1]: lost connection",
                "relaybox/smtpd: lost connection after STARTTLS from unknown[192.0.2.1]",
                "relaybox/smtpd: disconnect from unknown[192.0.2.1] ehlo=1 starttls=0/1 commands=1/2",
            ]
        )
        #expect(session.receiver.statistics.handshakeFailures.value == 1)
    }

    @Test func waitsOnlySoLongForAHandshake() throws {
        let session = try session([("smtpd_tls_security_level", "may"), ("smtpd_starttls_timeout", "5000")])
        try ready(session)
        try session.send("STARTTLS\r\n")
        _ = try session.nextReply()
        session.loop.advanceTime(by: .seconds(3))
        #expect(session.channel.isActive)
        session.loop.advanceTime(by: .seconds(3))
        #expect(!session.channel.isActive)
        #expect(
            session.log.lines.contains("relaybox/smtpd: SSL_accept error from unknown[192.0.2.1]: Connection timed out")
        )
    }

    @Test func endsAHandshakeWhenItIsAskedTo() throws {
        let session = try session()
        try ready(session)
        try session.send("STARTTLS\r\n")
        _ = try session.nextReply()
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        #expect(!session.channel.isActive)
    }

    @Test func endsAnEncryptedSessionWithWords() throws {
        let session = try session()
        let client = try encrypted(session)
        session.channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: .shutdown))
        #expect(try client.nextReply().hasPrefix("421 4.3.2 relay.example.net Service not available"))
        session.loop.advanceTime(by: .seconds(6))
        #expect(!session.channel.isActive)
    }

    @Test func shakesHandsBeforeTheGreetingWhereItIsWrapped() throws {
        let session = try session([("smtpd_tls_wrappermode", "yes")])
        #expect(try session.nextReply() == "")
        let client = try TLSClient(of: session)
        #expect(try client.nextReply() == "220 relay.example.net ESMTP relaybox")
        try client.send("STARTTLS\r\n")
        #expect(try client.nextReply() == "554 5.5.1 Error: TLS already active")
        try session.finish()
    }

    @Test func screensNobodyWhoBeginsWithAHandshake() throws {
        let session = try session([
            ("smtpd_tls_wrappermode", "yes"), ("postscreen_greet_wait", "6"), ("postscreen_greet_action", "drop"),
        ])
        let client = try TLSClient(of: session)
        #expect(try client.nextReply() == "220 relay.example.net ESMTP relaybox")
        try session.finish()
        #expect(!session.log.lines.contains { $0.contains("PREGREET") })
    }

    @Test func offersEncryptionToScreenedClients() throws {
        let session = try session([
            ("smtpd_tls_security_level", "may"), ("postscreen_greet_wait", "1"), ("postscreen_greet_action", "enforce"),
        ])
        let client = try encrypted(session)
        try client.send("EHLO client\r\n")
        #expect(try client.nextReply() == "250 8BITMIME")
        try session.finish()
    }

    @Test func refusesAConnectionInWordsThatItsClientCanRead() throws {
        let session = try session([
            ("smtpd_tls_wrappermode", "yes"), ("smtpd_delay_reject", "no"), ("smtpd_client_restrictions", "reject"),
        ])
        #expect(try session.nextReply() == "")
        let client = try TLSClient(of: session)
        #expect(try client.nextReply().hasPrefix("554 5.7.1 <unknown[192.0.2.1]>: Client host rejected"))
        try client.send("EHLO client\r\n")
        #expect(try client.nextReply().hasPrefix("503 5.7.0 Error: access denied for unknown[192.0.2.1]"))
        try session.finish()
        #expect(session.receiver.statistics.turnedAway.value == 1)
        #expect(session.receiver.statistics.encryptedSessions.value == 1)
    }

    @Test func countsAClientOnceThatCannotBeToldWhyItIsRefused() throws {
        let session = try session(
            [("smtpd_tls_wrappermode", "yes"), ("smtpd_delay_reject", "no"), ("smtpd_client_restrictions", "reject")],
            hasCertificate: false
        )
        #expect(try session.nextReply() == "")
        #expect(!session.channel.isActive)
        #expect(session.receiver.statistics.turnedAway.value == 1)
    }

    @Test func takesMailInClearTextWithoutACertificate() throws {
        let session = try session(hasCertificate: false)
        #expect(
            session.log.lines.first
                == "relaybox/smtpd: warning: /tls/key.pem: absent: TLS is not available"
        )
        try ready(session)
        try session.send("STARTTLS\r\n")
        #expect(try session.nextReply() == "454 4.7.0 TLS not available due to local problem")
        try session.send("MAIL FROM:<a@example.org>\r\n")
        #expect(try session.nextReply() == "250 2.1.0 Ok")
        try session.finish()
    }

    @Test func asksAClientToComeAgainWhereEncryptionIsDemandedAndImpossible() throws {
        for hasCertificate in [true, false] {
            let session = try session([("smtpd_tls_security_level", "encrypt")], hasCertificate: hasCertificate)
            try ready(session)
            try session.send("MAIL FROM:<a@example.org>\r\n")
            #expect(try session.nextReply().hasPrefix(hasCertificate ? "530 5.7.0 Must issue" : "454 4.7.0 TLS not"))
            try session.finish()
        }
    }

    @Test func showsANewCertificateWithoutAReload() throws {
        let session = try session()
        session.tables.write(TestCertificate.otherKey, to: "/tls/key.pem")
        session.loop.advanceTime(by: .seconds(1))
        // Half of it is there: what was read before stays.
        #expect(
            session.log.lines.last
                == "relaybox/smtpd: warning: /tls/certificate.pem: the private key does not belong to "
                + "the certificate: the certificate that was read before stays in force"
        )
        session.tables.write(TestCertificate.other, to: "/tls/certificate.pem")
        session.loop.advanceTime(by: .seconds(1))
        #expect(session.log.lines.last == "relaybox/smtpd: /tls/key.pem has changed: the new certificate is in force")
        let reads = session.tables.reads
        session.loop.advanceTime(by: .seconds(5))
        #expect(session.tables.reads == reads)
        #expect(try encrypted(session).certificate?.commonName == "other.example.net")
        try session.finish()
    }
}
