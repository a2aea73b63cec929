// SPDX-License-Identifier: Apache-2.0

import Support
import Testing

/// What the log says of clients that the access lists know.
struct SessionAccessTests {
    private func log(_ settings: [(name: String, value: String)], client: String? = "192.0.2.1", says commands: String)
        throws -> [String]
    {
        let files = (name: "file", value: "/list 192.0.2.0/24 reject; 2001:db8::/32 permit")
        let list = (name: "postscreen_access_list", value: "permit_mynetworks cidr:/list")
        let session = try TestSession([files, list] + settings, client: client)
        for line in commands.split(separator: "\n") { try session.send(line + "\r\n") }
        session.loop.advanceTime(by: .seconds(4))
        #expect(session.spool.messages.isEmpty)
        try session.finish()
        #expect(session.receiver.statistics.sessions.current == 0)
        return session.log.lines
    }

    @Test func aDroppedClientIsPostscreensAlone() throws {
        #expect(
            try log([(name: "postscreen_denylist_action", value: "drop")], says: "EHLO client\n") == [
                "relaybox/postscreen: CONNECT from [192.0.2.1]:4242 to [192.0.2.25]:25",
                "relaybox/postscreen: DENYLISTED [192.0.2.1]:4242",
                "relaybox/postscreen: DISCONNECT [192.0.2.1]:4242",
            ]
        )
    }

    @Test func aDeniedClientsRecipientsAreLoggedWithCommas() throws {
        let commands = "EHLO client\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\nQUIT\n"
        #expect(
            try log([(name: "postscreen_denylist_action", value: "enforce")], says: commands) == [
                "relaybox/postscreen: CONNECT from [192.0.2.1]:4242 to [192.0.2.25]:25",
                "relaybox/postscreen: DENYLISTED [192.0.2.1]:4242",
                "relaybox/postscreen: NOQUEUE: reject: RCPT from [192.0.2.1]:4242: 550 5.3.2 Service currently unavailable; "
                    + "from=<a@example.org>, to=<b@example.net>, proto=ESMTP, helo=<client>",
                "relaybox/postscreen: DISCONNECT [192.0.2.1]:4242",
            ]
        )
    }

    @Test(arguments: ["2001:db8::7", "10.1.1.1", "::1"]) func aPermittedClientGoesOn(client: String) throws {
        let server = client.contains(":") ? "::2" : "192.0.2.25"
        #expect(
            try log([(name: "postscreen_denylist_action", value: "drop")], client: client, says: "QUIT\n") == [
                "relaybox/postscreen: CONNECT from [\(client)]:4242 to [\(server)]:25",
                "relaybox/postscreen: ALLOWLISTED [\(client)]:4242",
                "relaybox/smtpd: connect from unknown[\(client)]",
                "relaybox/smtpd: disconnect from unknown[\(client)] quit=1 commands=1",
            ]
        )
    }

    @Test func aClientWithoutIdentityIsOnNoList() throws {
        #expect(
            try log([(name: "postscreen_denylist_action", value: "drop")], client: nil, says: "QUIT\n") == [
                "relaybox/postscreen: CONNECT from [unknown]:0 to [unknown]:0",
                "relaybox/smtpd: connect from unknown[unknown]",
                "relaybox/smtpd: disconnect from unknown[unknown] quit=1 commands=1",
            ]
        )
    }

    @Test func aRestrictionIsLoggedAsPostfixDoes() throws {
        let settings = [(name: "smtpd_client_restrictions", value: "reject")]
        let commands = "EHLO client\nMAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\nQUIT\n"
        let lines = try log(settings, client: "198.51.100.1", says: commands)
        #expect(
            lines.contains(
                "relaybox/smtpd: NOQUEUE: reject: RCPT from unknown[198.51.100.1]: 554 5.7.1 <unknown[198.51.100.1]>: "
                    + "Client host rejected: Access denied; from=<a@example.org> to=<b@example.net> proto=ESMTP helo=<client>"
            )
        )
    }
}
