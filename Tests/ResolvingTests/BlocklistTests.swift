// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

/// Block lists as rbldnsd serves them.
@Suite(.enabled(if: RunningProgram.exists("/usr/sbin/rbldnsd"), "rbldnsd is not installed"))
struct BlocklistTests {
    private let program: RunningProgram
    private let resolver: Resolver

    init() async throws {
        let port = try RunningProgram.freePort()
        let folder = try RunningProgram.newFolder()
        program = try RunningProgram(
            [
                "/usr/sbin/rbldnsd", "-n", "-b", "127.0.0.1/\(port)", "-w", folder, "-t", "2100",
                "bl.example:ip4set:listed", "refusing.example:ip4set:refusing", "bl.example:ip6trie:listed6",
            ],
            files: [
                "listed": """
                $SOA 3600 ns.bl.example root.bl.example 0 600 300 86400 120
                :127.0.0.2:Listed, see https://bl.example/?$
                192.0.2.99
                198.51.100.0/24 :127.0.0.10:Dynamic
                192.0.2.100 :127.0.0.4:$\u{20}is open
                192.0.2.100 :127.0.0.9:$\u{20}sends

                """,
                "listed6": ":127.0.0.3:Listed\n2001:db8::/32\n",
                "refusing": """
                $SOA 3600 ns.refusing.example root.refusing.example 0 600 300 86400 120
                :127.255.255.254:Query refused. See https://refusing.example/
                192.0.2.0/24

                """,
            ],
            folder: folder
        )
        var settings = ResolverSettings()
        settings.nameservers = ["127.0.0.1:\(port)"]
        settings.hostsFile = nil
        settings.validates = false
        settings.cache.failureTTL = 0
        let resolver = try Resolver(settings: settings, now: { 1_700_000_000_000 })
        self.resolver = resolver
        try await RunningProgram.untilReady {
            try await !resolver.listing(Self.query("192.0.2.99", "bl.example")).listings.isEmpty
        }
    }

    private static func query(_ address: String, _ zone: String) throws -> BlocklistQuery {
        let zone = try #require(DomainName(zone))
        return try #require(HostAddress(address).flatMap { BlocklistQuery($0, in: zone) })
    }

    @Test(
        arguments: [
            ("192.0.2.99", "bl.example", ["127.0.0.2"], []),
            ("198.51.100.7", "bl.example", ["127.0.0.10"], []),
            ("192.0.2.98", "bl.example", [], []),
            ("2001:db8::25", "bl.example", ["127.0.0.3"], []),
            ("2001:db9::25", "bl.example", [], []),
            ("192.0.2.1", "refusing.example", [], ["127.255.255.254"]),
        ] as [(String, String, [String], [String])]
    )
    func anAddressIsListedOrNot(address: String, zone: String, listings: [String], refusals: [String]) async throws {
        let reply = try await resolver.listing(try Self.query(address, zone))
        #expect(reply.listings.map(\.description) == listings)
        #expect(reply.refusals.map(\.description) == refusals)
        #expect(about(listings.isEmpty && refusals.isEmpty ? 120 : 2_100).contains(reply.ttl))
        #expect(try BlocklistSite(zone).matches(reply.listings) == !listings.isEmpty)
        #expect(try !BlocklistSite(zone).matches(reply.refusals))
    }

    @Test func theReasonIsInTheText() async throws {
        let query = try Self.query("192.0.2.99", "bl.example")
        let reason = try await resolver.texts(of: query.name.text)
        #expect(reason.records.map(\.printable) == ["Listed, see https://bl.example/?192.0.2.99"])
    }

    @Test func aZoneThatTheServerDoesNotHaveIsAFailure() async throws {
        let query = try Self.query("192.0.2.99", "other.example")
        await #expect(throws: ResolverError.serverFailure) { try await resolver.listing(query) }
    }
}
