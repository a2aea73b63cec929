// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Testing

struct ProxySSLTests {
    private static let version: [UInt8] = [0x21, 0, 7] + Array("TLSv1.3".utf8)
    private static let name: [UInt8] = [0x22, 0, 2] + Array("me".utf8)

    @Test func whatIsReadIsWritten() throws {
        let bytes = [7, 0, 0, 1, 2] + ProxySSLTests.version + ProxySSLTests.name + [0x30, 0, 0]
        let ssl = try #require(ProxySSL(bytes))
        #expect(ssl.client == 7)
        #expect(ssl.verification == 258)
        #expect(ssl[.version] == Array("TLSv1.3".utf8))
        #expect(ssl[.commonName] == Array("me".utf8))
        #expect(ssl[.cipher] == nil)
        #expect(ssl.encoded(keeping: [.version]).value == [7, 0, 0, 1, 2] + ProxySSLTests.version)
        #expect(
            ssl.encoded(keeping: Set(ProxySSL.Detail.allCases)).value
                == [7, 0, 0, 1, 2] + ProxySSLTests.version + ProxySSLTests.name
        )
        #expect(ProxySSL().encoded(keeping: []) == .init(type: 0x20, value: [0, 0, 0, 0, 0]))
    }

    @Test(arguments: [
        [], [1, 0, 0, 0], [1, 0, 0, 0, 0, 0x21], [1, 0, 0, 0, 0, 0x21, 0, 2, 65], [1, 0, 0, 0, 0, 0x21, 0xFF, 0xFF],
    ])
    func whatIsCutIsNone(bytes: [UInt8]) {
        #expect(ProxySSL(bytes) == nil)
    }
}
