// SPDX-License-Identifier: Apache-2.0

import Resolving
import Testing

/// What a resolver in front of a scripted name server finds, and what it does not.
struct ResolverTests {
    private let fixture: ResolverFixture

    init() throws {
        fixture = try ResolverFixture()
    }

    private func resolver(_ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
        try fixture.resolver(change)
    }

    // MARK: What is found

    @Test func aHostHasAddressesOfBothFamilies() async throws {
        let found = try await resolver().addresses(of: "MX.example.")
        #expect(found.existence == .found)
        #expect(Set(found.records.map(\.description)) == ["192.0.2.1", "192.0.2.2", "2001:db8::1"])
        #expect(found.records.first?.description == "2001:db8::1")
        #expect(about(120).contains(found.ttl))
        #expect(found.security == .insecure)
    }

    @Test(arguments: [(AddressFamily.ipv4, 2), (.ipv6, 1)])
    func oneFamilyCanBeAskedFor(family: AddressFamily, count: Int) async throws {
        let found = try await resolver().addresses(of: "mx.example", family: family)
        #expect(found.records.count == count)
        #expect(fixture.server.count("mx.example", family == .ipv4 ? 28 : 1) == 0)
    }

    @Test func aLiteralIsItsOwnAnswer() async throws {
        let resolver = try resolver()
        #expect(try await resolver.addresses(of: "192.0.2.9").records.map(\.description) == ["192.0.2.9"])
        #expect(try await resolver.addresses(of: "[IPv6:::1]").records.map(\.description) == ["::1"])
        #expect(try await resolver.addresses(of: "192.0.2.9", family: .ipv6).existence == .noData)
        #expect(resolver.counts.queries == 0)
    }

    @Test func aChainOfAliasesIsFollowed() async throws {
        let found = try await resolver().addresses(of: "alias.example", family: .ipv4)
        #expect(Set(found.records.map(\.description)) == ["192.0.2.1", "192.0.2.2"])
        #expect(found.canonicalName?.text == "mx.example")
        #expect(about(60).contains(found.ttl))
    }

    @Test func aliasesThatGoInACircleAreAFailure() async throws {
        let resolver = try resolver()
        do throws(ResolverError) {
            let found = try await resolver.addresses(of: "loop.example", family: .ipv4)
            #expect(found.records.isEmpty)
        } catch {
            #expect(error == .serverFailure)
        }
    }

    @Test func exchangersComeBestFirst() async throws {
        let found = try await resolver().mailExchangers(of: "example.org")
        #expect(
            found.records.map { "\($0.preference) \($0.host)" } == ["10 a.example", "10 z.example", "20 b.example"]
        )
        #expect(!found.isNullMX)
    }

    @Test func aNullMXIsKnown() async throws {
        #expect(try await resolver().mailExchangers(of: "null.example").isNullMX)
    }

    @Test func textsTLSAAndPointersAreRead() async throws {
        let resolver = try resolver()
        #expect(try await resolver.texts(of: "text.example").records.map(\.printable) == ["hi!"])
        let nine = try #require(HostAddress("192.0.2.9"))
        #expect(try await resolver.pointer(of: nine).records.map(\.text) == ["mx.example"])
        let private10 = try #require(HostAddress("10.3.2.1"))
        #expect(try await resolver.pointer(of: private10).records.map(\.text) == ["lan.test"])
        #expect(try await resolver.addresses(of: "lan.test", family: .ipv4).records == [private10])
    }

    @Test func recordsThatCannotBeReadAreCounted() async throws {
        let resolver = try resolver()
        let exchangers = try await resolver.mailExchangers(of: "broken.example")
        #expect(exchangers == Resolved(existence: .found, malformed: 1, ttl: exchangers.ttl))
        #expect(!exchangers.isNullMX)
        let texts = try await resolver.texts(of: "overrun.example")
        #expect(texts == Resolved(existence: .found, malformed: 1, ttl: texts.ttl))
        let tlsa = try await resolver.tlsa(of: "_25._tcp.mx.example")
        #expect(tlsa.records == [TLSARecord(usage: 3, selector: 1, matching: 1, association: [9, 9])])
        #expect(tlsa.malformed == 1)
    }

    @Test(arguments: ["pointing.example", "odd.example"])
    func namesThatCannotBeReadAreAFailure(name: String) async throws {
        let resolver = try resolver()
        await #expect(throws: ResolverError.serverFailure) { try await resolver.mailExchangers(of: name) }
    }

    @Test func aRecordWithoutDataIsAFailure() async throws {
        let resolver = try resolver()
        await #expect(throws: ResolverError.serverFailure) { try await resolver.tlsa(of: "empty.example") }
    }

    @Test func aTruncatedAnswerIsAskedForAgainOverTCP() async throws {
        let found = try await resolver().texts(of: "large.example")
        #expect(found.records.count == 40)
        #expect(found.records.allSatisfy { $0.bytes.count == 200 })
    }

    @Test func anAnswerHasABoundedNumberOfRecords() async throws {
        let found = try await resolver { $0.maximumRecords = 50 }.addresses(of: "many.example", family: .ipv4)
        #expect(found.records.count == 50)
    }

    @Test func addressesOfThisHostMayBeTheAnswer() async throws {
        #expect(
            try await resolver().addresses(of: "rebound.example", family: .ipv4).records.map(\.description) == [
                "127.0.0.1"
            ]
        )
    }

    // MARK: What is not found

    @Test func denialsTellNamesFromTypesAndHaveATTL() async throws {
        let resolver = try resolver()
        let noDomain = try await resolver.mailExchangers(of: "nowhere.example")
        #expect(noDomain == Resolved(existence: .noDomain, ttl: noDomain.ttl))
        #expect(about(99).contains(noDomain.ttl))
        let noData = try await resolver.mailExchangers(of: "nomx.example")
        #expect(noData == Resolved(existence: .noData, ttl: noData.ttl))
        #expect(about(60).contains(noData.ttl))
        let neither = try await resolver.addresses(of: "nowhere.example")
        #expect(neither.existence == .noDomain)
    }

    @Test func aHostOfOneFamilyIsFound() async throws {
        let found = try await resolver().addresses(of: "four.example")
        #expect(found.records.map(\.description) == ["192.0.2.4"])
        #expect(about(77).contains(found.ttl))
    }

    @Test func aFailureOfOneFamilyCountsOnlyWithoutTheOther() async throws {
        let resolver = try resolver()
        #expect(try await resolver.addresses(of: "half.example").records.map(\.description) == ["192.0.2.5"])
        await #expect(throws: ResolverError.serverFailure) { try await resolver.addresses(of: "torn.example") }
    }

    @Test(arguments: ["failing.example", "refused.example"])
    func aServerThatCannotAnswerIsAFailure(name: String) async throws {
        let resolver = try resolver()
        await #expect(throws: ResolverError.serverFailure) { try await resolver.mailExchangers(of: name) }
        #expect(resolver.counts.failures == 1)
    }

    @Test(arguments: ["", "a..b", "bücher.example", "a b.example", String(repeating: "a", count: 300)])
    func whatIsNoNameIsNotAskedFor(name: String) async throws {
        let resolver = try resolver()
        await #expect(throws: ResolverError.invalidName) { try await resolver.addresses(of: name) }
        await #expect(throws: ResolverError.invalidName) { try await resolver.mailExchangers(of: name) }
        #expect(resolver.counts.queries == 0)
    }

    @Test func aSilentServerIsATimeoutAndOthersAreAnswered() async throws {
        let resolver = try resolver { $0.timeout = 1_000 }
        await #expect(throws: ResolverError.timedOut) { try await resolver.texts(of: "silent.example") }
        #expect(resolver.counts.timeouts == 1)
        #expect(resolver.counts.waiting == 0)
        #expect(resolver.counts.underWay == 1)
        // The failure is remembered, so that nobody waits for it again at once.
        await #expect(throws: ResolverError.timedOut) { try await resolver.texts(of: "silent.example") }
        #expect(resolver.counts.hits == 1)
        #expect(try await resolver.texts(of: "text.example").records.count == 1)
    }
}
