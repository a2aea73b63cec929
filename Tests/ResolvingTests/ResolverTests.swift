// SPDX-License-Identifier: Apache-2.0

import Glibc
import Resolving
import Support
import Synchronization
import Testing

/// A resolver in front of a scripted name server.
struct ResolverTests {
    private let zone: ScriptedZone
    private let clock = TestClock()

    private var server: ScriptedNameserver { zone.server }

    init() throws {
        zone = try ScriptedZone()
    }

    private func resolver(_ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
        var settings = ResolverSettings()
        settings.nameservers = [server.address]
        settings.hostsFile = nil
        settings.timeout = 20_000
        settings.validates = false
        change(&settings)
        return try Resolver(settings: settings, now: { [clock] in clock.now })
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
        #expect(server.count("mx.example", family == .ipv4 ? 28 : 1) == 0)
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

    // MARK: One query for many, and limits

    @Test func manyAskersCauseOneQuery() async throws {
        let resolver = try resolver()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask { try await resolver.addresses(of: "slow.example", family: .ipv4).records.count }
            }
            return try await group.reduce(0, +)
        }
        #expect(found == 100)
        #expect(resolver.counts.queries == 1)
        #expect(resolver.counts.joins + resolver.counts.hits == 99)
    }

    @Test func aKnownAnswerCompletesAtOnceUntilItExpires() async throws {
        let resolver = try resolver()
        _ = try await resolver.addresses(of: "mx.example", family: .ipv4)
        clock.advance(by: 100_000)
        let seen = Mutex<Result<Resolved<HostAddress>, ResolverError>?>(nil)
        resolver.addresses(of: "mx.example", family: .ipv4) { result in seen.withLock { $0 = result } }
        #expect(about(200).contains(try #require(try seen.withLock { $0 }?.get().ttl)))
        #expect(resolver.counts.hits == 1)
        clock.advance(by: 200_000)
        _ = try await resolver.addresses(of: "mx.example", family: .ipv4)
        #expect(resolver.counts.queries == 2)
    }

    @Test func tooManyQuestionsAreTurnedAway() async throws {
        let resolver = try resolver { $0.maximumQueries = 2 }
        let first = resolver.texts(of: "silent.example") { _ in }
        resolver.mailExchangers(of: "silent.example") { _ in }
        await #expect(throws: ResolverError.overloaded) { try await resolver.texts(of: "text.example") }
        // The library is still at work on a question that nobody waits for.
        #expect(first.cancel())
        await #expect(throws: ResolverError.overloaded) { try await resolver.texts(of: "text.example") }
        #expect(resolver.counts.refusals == 2)
    }

    @Test func whoGivesUpIsNotAnswered() async throws {
        let resolver = try resolver()
        let calls = Atomic<Int>(0)
        let handle = resolver.addresses(of: "slow.example", family: .any) { _ in calls.add(1, ordering: .relaxed) }
        #expect(handle.cancel())
        #expect(!handle.cancel())
        // The query goes on, and who asks next has its answer.
        #expect(try await resolver.addresses(of: "slow.example", family: .ipv4).records.count == 1)
        #expect(calls.load(ordering: .relaxed) == 0)
        #expect(resolver.counts.queries == 2)
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let resolver = try resolver()
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await resolver.texts(of: "silent.example")
        }
        await #expect(throws: ResolverError.cancelled) { try await early.value }
        // Many times, as a cancellation may meet the question anywhere on its way.
        for _ in 0..<500 {
            let late = Task { try await resolver.texts(of: "silent.example") }
            while resolver.counts.waiting == 0 { await Task.yield() }
            late.cancel()
            await #expect(throws: ResolverError.cancelled) { try await late.value }
            #expect(resolver.counts.waiting == 0)
        }
    }

    @Test func aClosedResolverAnswersEverybody() async throws {
        let resolver = try resolver()
        let waiting = Task { try await resolver.texts(of: "silent.example") }
        while resolver.counts.waiting == 0 { await Task.yield() }
        resolver.close()
        await #expect(throws: ResolverError.closed) { try await waiting.value }
        await #expect(throws: ResolverError.closed) { try await resolver.texts(of: "text.example") }
        resolver.close()
    }

    @Test func nobodyIsCalledAfterAShutDown() async throws {
        let resolver = try resolver()
        let answers = Mutex<[Result<Resolved<TextRecord>, ResolverError>]>([])
        resolver.texts(of: "silent.example") { answer in answers.withLock { $0.append(answer) } }
        await resolver.shutDown()
        #expect(answers.withLock { $0 } == [.failure(.closed)])
        await resolver.shutDown()
        #expect(answers.withLock { $0.count } == 1)
    }

    @Test func aForgottenResolverAnswersWhoeverWaits() async throws {
        let result = await withCheckedContinuation { continuation in
            do {
                try resolver().texts(of: "silent.example") { continuation.resume(returning: $0) }
            } catch {
                continuation.resume(returning: .failure(.unusable("\(error)")))
            }
        }
        #expect(result == .failure(.closed))
    }

    // MARK: The host's own names

    @Test func theHostsOwnNamesGoFirst() async throws {
        let folder = try RunningProgram.newFolder()
        let program = try RunningProgram(
            ["/bin/true"],
            files: ["hosts": "192.0.2.77 mx.example\n192.0.2.9 nine.example\n"],
            folder: folder
        )
        defer { withExtendedLifetime(program) {} }
        let resolver = try resolver { $0.hostsFile = "\(folder)/hosts" }
        #expect(try await resolver.addresses(of: "mx.example").records.map(\.description) == ["192.0.2.77"])
        #expect(
            try await resolver.addresses(of: "mx.example", family: .ipv6).records.map(\.description) == [
                "2001:db8::1"
            ]
        )
        let nine = try #require(HostAddress("192.0.2.9"))
        #expect(try await resolver.pointer(of: nine).records.map(\.text) == ["nine.example"])
        let again = try RunningProgram(
            ["/bin/true"],
            files: ["hosts": "192.0.2.78 mx.example # new\n"],
            folder: folder
        )
        clock.advance(by: 2_000)
        #expect(try await resolver.addresses(of: "mx.example").records.map(\.description) == ["192.0.2.78"])
        #expect(try await resolver.pointer(of: nine).records.map(\.text) == ["mx.example"])
        withExtendedLifetime(again) {}
    }

    // MARK: Settings

    @Test(arguments: ["localhost", "192.0.2.1:0", "", "[::1"])
    func aBadNameServerIsNamed(text: String) {
        #expect(throws: ResolverError.unusable("name server \"\(text)\" is not an address with an optional port")) {
            try resolver { $0.nameservers = [text] }
        }
    }

    @Test func aBadDomainIsNamed() {
        #expect(throws: ResolverError.unusable("domain \"a..b\" is not a name")) {
            try resolver { $0.insecureDomains = ["a..b"] }
        }
    }

    @Test func withoutTrustAnchorNothingIsValidated() async throws {
        let resolver = try resolver {
            $0.validates = true
            $0.trustAnchorFile = "/nonexistent/root.key"
        }
        #expect(!resolver.validates)
        #expect(try await resolver.texts(of: "text.example").security == .insecure)
    }

    @Test(.enabled(if: ScriptedNameserver.mayUsePort53, "port 53 is for root"))
    func theHostsNameServersAreAsked() async throws {
        let folder = try RunningProgram.newFolder()
        // Its own address, so that test runs beside one another do not meet.
        let process = UInt32(bitPattern: getpid())
        let host: [UInt8] = [127, 53, UInt8(process >> 8 & 0xff), UInt8(process & 0x7f | 1)]
        let own = try ScriptedZone(host: host, port: 53)
        let program = try RunningProgram(
            ["/bin/true"],
            files: ["resolv.conf": "search example\nnameserver \(host.map(String.init).joined(separator: "."))\n"],
            folder: folder
        )
        defer { withExtendedLifetime((program, own)) {} }
        let resolver = try resolver {
            $0.nameservers = []
            $0.resolverConfiguration = "\(folder)/resolv.conf"
        }
        #expect(try await resolver.texts(of: "text.example").records.count == 1)
        #expect(own.server.count("text.example", 16) == 1)
    }
}
