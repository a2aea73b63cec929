// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

struct BlocklistSiteTests {
    @Test(
        arguments: [
            ("zen.example.org", "zen.example.org", 1),
            ("zen.example.org*3", "zen.example.org", 3),
            ("list.example.org*-2", "list.example.org", -2),
            ("ZEN.example.org.=127.0.0.[2..11]*8", "zen.example.org", 8),
            ("list.example.org=127.0.[0..255].[1;2]", "list.example.org", 1),
            ("_key-1.zen.example.org*0", "_key-1.zen.example.org", 0),
        ] as [(String, String, Int32)]
    )
    func aSiteIsRead(text: String, zone: String, weight: Int32) throws {
        let site = try BlocklistSite(text)
        #expect(site.zone.text == zone)
        #expect(site.weight == weight)
        #expect((site.filter != nil) == text.contains("="))
    }

    @Test(
        arguments: [
            ("", .domain("")), ("=127.0.0.2", .domain("")), ("*2", .domain("")), ("192.0.2.1", .domain("192.0.2.1")),
            ("a b", .domain("a b")), ("a/b.example", .domain("a/b.example")), ("zen.example.org*", .weight("")),
            ("zen.example.org*x", .weight("x")), ("zen.example.org*1.5", .weight("1.5")),
            ("zen.example.org*1000001", .weight("1000001")), ("zen.example.org*99999999999", .weight("99999999999")),
            ("zen.example.org*2=127.0.0.2", .weight("2=127.0.0.2")), ("zen.example.org=", .filter("")),
            ("zen.example.org=127.0.0", .filter("127.0.0")), ("zen.example.org=127.0.0.2.3", .filter("127.0.0.2.3")),
            ("zen.example.org=127.0.0.256", .filter("127.0.0.256")),
            ("zen.example.org=127.0.0.[2", .filter("127.0.0.[2")),
            ("zen.example.org=127.0.0.[]", .filter("127.0.0.[]")),
            ("zen.example.org=127.0.0.[3..2]", .filter("127.0.0.[3..2]")),
            ("zen.example.org=127.0.0.[1;]", .filter("127.0.0.[1;]")),
            ("zen.example.org=127.0.0.[1..]", .filter("127.0.0.[1..]")),
            ("zen.example.org=127.0.0.2]", .filter("127.0.0.2]")), ("zen.example.org=127..0.2", .filter("127..0.2")),
            ("zen.example.org=127.0.0.[1.2]", .filter("127.0.0.[1.2]")),
        ] as [(String, BlocklistSite.ParseError)]
    )
    func whatIsNoSiteIsRefused(text: String, error: BlocklistSite.ParseError) {
        #expect(throws: error) { try BlocklistSite(text) }
    }

    @Test(
        arguments: [
            ("l.example", ["127.0.0.2"], true),
            ("l.example", [], false),
            ("l.example", ["127.255.255.254"], false),
            ("l.example", ["127.255.255.254", "127.0.0.2"], true),
            ("l.example", ["127.255.254.1"], true),
            ("l.example", ["203.0.113.7"], false),
            ("l.example", ["::1"], false),
            ("l.example=127.0.0.[1..4;9]", ["127.0.0.1"], true),
            ("l.example=127.0.0.[1..4;9]", ["127.0.0.4"], true),
            ("l.example=127.0.0.[1..4;9]", ["127.0.0.5"], false),
            ("l.example=127.0.0.[1..4;9]", ["127.0.0.5", "127.0.0.9"], true),
            ("l.example=127.0.0.[1..4;9]", ["127.0.1.1"], false),
            ("l.example=127.[0..255].[0..255].[0..255]", ["127.255.255.254"], false),
            ("l.example=203.0.113.[0..255]", ["203.0.113.7"], true),
            ("l.example=[0..255].[0..255].[0..255].[0..255]", ["2001:db8::1"], false),
        ] as [(String, [String], Bool)]
    )
    func answersMatchOrNot(site: String, answers: [String], matches: Bool) throws {
        let addresses = try answers.map { try #require(HostAddress($0)) }
        #expect(try BlocklistSite(site).matches(addresses) == matches)
    }
}
