// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Reception
import TLS
import Testing

struct PolicyRequestTests {
    private func facts() throws -> RestrictionFacts {
        let header = ProxyHeader(
            command: .proxy,
            source: try .init(ipAddress: "192.0.2.1", port: 4_242),
            destination: try .init(ipAddress: "192.0.2.25", port: 25)
        )
        return RestrictionFacts(client: ClientIdentity(header))
    }

    private func attributes(_ facts: RestrictionFacts, context: String = "") -> [String: String] {
        let lines = PolicyRequest(facts, context: context).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.suffix(2) == ["", ""], "an empty line ends the request")
        var attributes: [String: String] = [:]
        for line in lines.dropLast(2) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            attributes[String(parts[0])] = String(parts.last ?? "")
        }
        return attributes
    }

    /// The names that Postfix 3.7 sends, whatever is known.
    @Test func aClientThatHasSaidNothing() throws {
        let found = attributes(try facts(), context: "relay")
        let expected = [
            "request": "smtpd_access_policy", "protocol_state": "CONNECT", "protocol_name": "SMTP",
            "client_address": "192.0.2.1", "client_name": "unknown", "client_port": "4242",
            "reverse_client_name": "unknown", "server_address": "192.0.2.25", "server_port": "25", "helo_name": "",
            "sender": "", "recipient": "", "recipient_count": "0", "queue_id": "", "instance": "", "size": "0",
            "etrn_domain": "", "stress": "", "sasl_method": "", "sasl_username": "", "sasl_sender": "",
            "ccert_subject": "", "ccert_issuer": "", "ccert_fingerprint": "", "ccert_pubkey_fingerprint": "",
            "encryption_protocol": "", "encryption_cipher": "", "encryption_keysize": "0", "policy_context": "relay",
        ]
        #expect(found == expected)
    }

    @Test(arguments: [("RCPT", "0"), ("DATA", "2"), ("END-OF-MESSAGE", "2")])
    func recipientsAreCountedWhenAllAreKnown(stage: String, count: String) throws {
        var facts = try facts()
        facts.recipients = 2
        facts.session.stage = stage
        #expect(attributes(facts)["recipient_count"] == count)
    }

    @Test func noValueCanAddALine() throws {
        var facts = try facts()
        facts.session.instance = "a\nsasl_username=root\r"
        let found = attributes(facts)
        #expect(found["instance"] == "a?sasl_username=root?")
        #expect(found["sasl_username"] == "")
    }

    @Test func encryptionIsTold() throws {
        var facts = try facts()
        facts.session.encryption = EncryptionFacts(version: "TLSv1.3", cipher: CipherSuite(0x1302))
        let found = attributes(facts)
        #expect(found["encryption_protocol"] == "TLSv1.3")
        #expect(found["encryption_cipher"] == "TLS_AES_256_GCM_SHA384")
        #expect(found["encryption_keysize"] == "256")
    }
}
