// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

struct BlocklistQueryTests {
    @Test(arguments: [
        ("192.0.2.99", "99.2.0.192.zen.example.org"),
        ("::ffff:192.0.2.99", "99.2.0.192.zen.example.org"),
        (
            "2001:db8:1:2:3:4:567:89ab",
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.zen.example.org"
        ),
    ])
    func anAddressIsReversed(address: String, name: String) throws {
        let zone = try #require(DomainName("zen.example.org"))
        #expect(BlocklistQuery(try #require(HostAddress(address)), in: zone)?.name.text == name)
    }

    @Test func aZoneThatIsTooLongHasNoQuery() throws {
        let label = String(repeating: "a", count: 63)
        let zone = try #require(DomainName([label, label, label].joined(separator: ".")))
        #expect(BlocklistQuery(try #require(HostAddress("192.0.2.1")), in: zone) != nil)
        #expect(BlocklistQuery(try #require(HostAddress("2001:db8::1")), in: zone) == nil)
    }

    @Test func refusalsAreSetApart() throws {
        let answers = try ["127.0.0.2", "127.255.255.252", "203.0.113.1"].map { try #require(HostAddress($0)) }
        let reply = BlocklistReply(Resolved(existence: .found, records: answers, ttl: 30))
        #expect(reply.listings == [answers[0], answers[2]])
        #expect(reply.refusals == [answers[1]])
        #expect(reply.ttl == 30)
    }
}
