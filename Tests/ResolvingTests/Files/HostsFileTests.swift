// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

struct HostsFileTests {
    private let hosts = HostsFile(
        """
        127.0.0.1   localhost
        ::1         localhost ip6-localhost
        192.0.2.1   MX.example.org. mx   # the first
        192.0.2.2   mx.example.org
        192.0.2.2   mx.example.org
        not.an.address name
        # 192.0.2.3 mx.example.org
        192.0.2.4
        192.0.2.5   bad..name good.example.org
        """
    )

    @Test(
        arguments: [
            ("localhost", .any, ["127.0.0.1", "::1"]),
            ("localhost", .ipv4, ["127.0.0.1"]),
            ("localhost", .ipv6, ["::1"]),
            ("mx.example.org", .any, ["192.0.2.1", "192.0.2.2"]),
            ("mx", .any, ["192.0.2.1"]),
            ("mx", .ipv6, []),
            ("good.example.org", .any, ["192.0.2.5"]),
            ("name", .any, []),
        ] as [(String, AddressFamily, [String])]
    )
    func aNameHasItsAddresses(name: String, family: AddressFamily, addresses: [String]) throws {
        let name = try #require(DomainName(name))
        #expect(hosts.addresses(of: name, family: family).map(\.description) == addresses)
    }

    @Test func anAddressHasItsFirstName() throws {
        #expect(hosts.name(of: try #require(HostAddress("192.0.2.1")))?.text == "mx.example.org")
        #expect(hosts.name(of: try #require(HostAddress("192.0.2.4"))) == nil)
    }
}
