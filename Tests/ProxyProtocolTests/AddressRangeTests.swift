// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Testing

struct AddressRangeTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "203.0.113.9", true),
        ("::/0", "2001:db8::1", true),
        ("192.0.2.0/24", "::ffff:192.0.2.9", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/65", "2001:db8:0:0:7fff::1", true),
        ("2001:db8::/65", "2001:db8:0:0:8000::1", false),
        ("[::1]/128", "::1", true),
        ("[::1]", "::1", true),
        ("127.0.0.0/8", "127.255.0.1", true),
    ])
    func contains(range: String, address: String, expected: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try SocketAddress(ipAddress: address, port: 25)) == expected)
    }

    @Test(arguments: [
        "", "/8", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/", "192.0.2.0/x",
        "2001:db8::/129", "2001:db8::1/64", "host.example", "[::1", "192.0.2.0/24/8", "192.0.2",
    ])
    func refuses(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func noRangeHoldsAUnixSocket() throws {
        let everything = try #require(AddressRange("::/0"))
        #expect(!everything.contains(try SocketAddress(unixDomainSocketPath: "/run/x")))
    }
}
