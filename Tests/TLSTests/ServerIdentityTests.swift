// SPDX-License-Identifier: Apache-2.0

import Support
import TLS
import Testing

struct ServerIdentityTests {
    private func problem(_ files: String...) -> ServerIdentity.Problem? {
        do throws(ServerIdentity.Problem) {
            _ = try ServerIdentity(
                files: files.map { Array($0.utf8) },
                names: files.indices.map { "/\($0 + 1).pem" },
                protocols: TLSProtocols()
            )
            return nil
        } catch { return error }
    }

    @Test func takesKeyAndCertificatesInAnyOrderAndNumberOfFiles() {
        let (certificate, key) = (TestCertificate.relay, TestCertificate.relayKey)
        #expect(problem(certificate, key) == nil)
        #expect(problem(key, certificate) == nil)
        #expect(problem(certificate + "\n" + key) == nil)
        #expect(problem(key + "\n" + certificate + "\n" + TestCertificate.other) == nil)
    }

    @Test(arguments: [
        (["certificate"], 0, "/1.pem: there is no private key"), (["key"], 0, "/1.pem: there is no certificate"),
        (["certificate", "text"], 1, "/2.pem: neither a certificate nor a private key in PEM form"),
        (["certificate", "other key"], 1, "/2.pem: the private key does not belong to the certificate"),
        (["damaged", "key"], 0, "/1.pem: the certificate is damaged"),
        (["certificate", "damaged key"], 1, "/2.pem: the private key is damaged"),
        (["certificate", "locked"], 1, "/2.pem: the private key is protected by a passphrase"),
        ([""], 0, "/1.pem: neither"),
    ])
    func saysWhichFileIsWrong(kinds: [String], file: Int, text: String) {
        let texts = [
            "certificate": TestCertificate.relay, "key": TestCertificate.relayKey,
            "other key": TestCertificate.otherKey,
            "text": "hello", "damaged": TestCertificate.relay.replacing("MIIB", with: "AAAA"),
            "damaged key": TestCertificate.relayKey.replacing("MIGH", with: "AAAA"),
            "locked": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        ]
        let files = kinds.map { texts[$0] ?? "" }
        let found: ServerIdentity.Problem? = files.count == 1 ? problem(files[0]) : problem(files[0], files[1])
        #expect(found?.file == file)
        #expect(found?.description.hasPrefix(text) == true, "\(String(describing: found))")
    }
}
