// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func writesCanonicalText(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: ["", "localhost", "192.0.2", "192.0.2.1:25", "[::1]", "::1%lo", "1:2:3:4:5:6:7:8:9"])
    func refuses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("128.0.0.1", false),
        ("::2", false), ("::", false),
    ])
    func knowsLoopback(text: String, expected: Bool) throws {
        #expect(try #require(IPAddress(text)).isLoopback == expected)
    }

    @Test(arguments: [-1, 0, 1, 63, 64, 65, 127, 128, 129])
    func masksAnyLength(bits: Int) {
        let all = IPAddress(high: .max, low: .max).masked(to: bits)
        let ones = all.high.nonzeroBitCount + all.low.nonzeroBitCount
        #expect(ones == min(128, max(0, bits)))
        #expect(all.high.leadingZeroBitCount == (bits <= 0 ? 64 : 0))
    }
}
