// SPDX-License-Identifier: Apache-2.0

import TLS
import Testing

struct TLSProtocolsTests {
    @Test(arguments: [
        ("", TLSProtocols.Version.tls12, TLSProtocols.Version.tls13), (">=TLSv1.2", .tls12, .tls13),
        (">=TLSv1", .tls1, .tls13), (">=SSLv3 <=tlsv1.2", .tls1, .tls12), (">=TLSv1.1 <=TLSv1.2", .tls11, .tls12),
        ("!SSLv2 !SSLv3", .tls1, .tls13), ("!SSLv2 !SSLv3 !TLSv1 !TLSv1.1", .tls12, .tls13),
        ("TLSv1.3", .tls13, .tls13), ("TLSv1.2 TLSv1.3", .tls12, .tls13), (">=TLSv1 !TLSv1.3", .tls1, .tls12),
    ])
    func readsPostfixsNotation(text: String, lowest: TLSProtocols.Version, highest: TLSProtocols.Version) throws {
        let protocols = try #require(TLSProtocols(words: text.split(separator: " ").map(String.init)))
        #expect(protocols.lowest == lowest)
        #expect(protocols.highest == highest)
    }

    @Test(arguments: [
        "TLSv1.4", ">=", "!", "!TLSv1.2", "TLSv1.1 TLSv1.3", ">=TLSv1.3 <=TLSv1.2", "SSLv3",
        "!TLSv1 !TLSv1.1 !TLSv1.2 !TLSv1.3",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(TLSProtocols(words: text.split(separator: " ").map(String.init)) == nil)
    }
}
