// SPDX-License-Identifier: Apache-2.0

import ProxyProtocol
import Testing

struct AddressSetTests {
    private let set = AddressSet(
        ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1", "10.0.0.0/8"].compactMap { AddressRange($0) }
    )

    @Test(arguments: [
        ("192.0.2.200", true), ("192.0.3.1", false), ("::ffff:192.0.2.7", true), ("10.255.255.255", true),
        ("2001:db8:ffff::1", true), ("2001:db9::1", false), ("::1", true), ("::2", false),
    ])
    func anAddressIsInsideOrNot(text: String, inside: Bool) throws {
        #expect(set.contains(try #require(IPAddress(text))) == inside)
    }

    @Test func everythingHoldsBothFamilies() throws {
        let six = AddressSet([try #require(AddressRange("::/0"))])
        let four = AddressSet([try #require(AddressRange("0.0.0.0/0"))])
        for text in ["192.0.2.1", "::1"] {
            let address = try #require(IPAddress(text))
            #expect(six.contains(address))
            #expect(four.contains(address) == address.isIPv4)
        }
    }

    @Test func whatIsTakenOutIsGone() throws {
        var set = set
        let network = try #require(AddressRange("192.0.2.0/24"))
        let removed = [set.remove(network), set.remove(network)]
        #expect(removed == [true, false])
        let (other, listed) = (try #require(IPAddress("192.0.2.9")), try #require(IPAddress("192.0.2.7")))
        #expect(!set.contains(other))
        #expect(set.contains(listed), "the single address was listed for itself")
        set.insert(network)
        set.insert(network)
        #expect(set.ranges.map(\.description) == ["192.0.2.7", "2001:db8::/32", "::1", "10.0.0.0/8", "192.0.2.0/24"])
        set.removeAll()
        #expect(set.isEmpty)
        #expect(!set.contains(listed))
    }

    @Test(arguments: [
        ("127.0.0.1/8", "127.0.0.0/8"), ("192.0.2.1", "192.0.2.1"), ("192.0.2.9/255.255.255.0", "192.0.2.0/24"),
        ("192.0.2.9/255.255.255.255", "192.0.2.9"), ("1.2.3.4/0.0.0.0", "0.0.0.0/0"),
        ("2001:db8::9/32", "2001:db8::/32"),
        ("::/0", "::/0"), ("1.2.3.4/33", nil), ("1.2.3.4/+8", nil), ("1.2.3.4/255.0.255.0", nil), ("host", nil),
        ("1.2.3.4/", nil), ("", nil), ("::1/255.0.0.0", nil),
    ])
    func whatHAProxyTakesForANetwork(text: String, expected: String?) {
        #expect(AddressRange(loosely: text)?.description == expected)
    }
}
