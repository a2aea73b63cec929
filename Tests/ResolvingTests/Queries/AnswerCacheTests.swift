// SPDX-License-Identifier: Apache-2.0

import Resolving
import Support
import Testing

struct AnswerCacheTests {
    private func question(_ name: String, _ type: RecordType = .a) throws -> Question {
        Question(try #require(DomainName(name)), type)
    }

    private func settings(_ change: (inout CacheSettings) -> Void = { _ in }) -> CacheSettings {
        var settings = CacheSettings()
        settings.minimumTTL = 5
        settings.maximumTTL = 600
        settings.maximumNegativeTTL = 300
        settings.failureTTL = 5
        change(&settings)
        return settings
    }

    /// TTL of the answer, and for how many seconds it is kept.
    @Test(
        arguments: [
            (.success(Answer(existence: .found, records: [[1]], ttl: 60)), 60),
            (.success(Answer(existence: .found, records: [[1]], ttl: 0)), 5),
            (.success(Answer(existence: .found, records: [[1]], ttl: -7)), 5),
            (.success(Answer(existence: .found, records: [[1]], ttl: .max)), 600),
            (.success(Answer(existence: .noData, ttl: 60)), 60),
            (.success(Answer(existence: .noDomain, ttl: 9_000)), 300),
            (.failure(.serverFailure), 5),
            (.failure(.timedOut), 5),
            (.failure(.bogus("x")), 5),
            (.failure(.response(code: 5)), 5),
            (.failure(.overloaded), 0),
            (.failure(.closed), 0),
            (.failure(.cancelled), 0),
            (.failure(.library("x")), 0),
        ] as [(AnswerCache.Outcome, Int64)]
    )
    func anOutcomeIsKeptWithinTheLimits(outcome: AnswerCache.Outcome, seconds: Int64) throws {
        var cache = AnswerCache(settings: settings())
        let question = try question("example.org")
        let start: Int64 = 1_700_000_000_000
        cache.keep(outcome, of: question, now: start)
        #expect((cache.outcome(of: question, now: start) != nil) == (seconds > 0))
        if seconds > 0 { #expect(cache.outcome(of: question, now: start + seconds * 1_000 - 1) != nil) }
        #expect(cache.outcome(of: question, now: start + seconds * 1_000) == nil)
    }

    @Test func theTTLRunsDown() throws {
        var cache = AnswerCache(settings: settings())
        let question = try question("example.org")
        let kept = cache.keep(.success(Answer(existence: .found, records: [[1]], ttl: 2)), of: question, now: 0)
        #expect(try kept.get().ttl == 5)
        #expect(try cache.outcome(of: question, now: 0)?.get().ttl == 5)
        #expect(try cache.outcome(of: question, now: 1_500)?.get().ttl == 4)
        #expect(try cache.outcome(of: question, now: 4_999)?.get().ttl == 1)
    }

    @Test func typesAreDifferentQuestions() throws {
        var cache = AnswerCache(settings: settings())
        cache.keep(.success(Answer(existence: .noData, ttl: 60)), of: try question("example.org", .aaaa), now: 0)
        #expect(cache.outcome(of: try question("example.org", .a), now: 0) == nil)
        #expect(cache.outcome(of: try question("EXAMPLE.org.", .aaaa), now: 0) != nil)
    }

    @Test func aNewAnswerReplacesTheOldOne() throws {
        var cache = AnswerCache(settings: settings())
        let question = try question("example.org")
        cache.keep(.failure(.timedOut), of: question, now: 0)
        cache.keep(.success(Answer(existence: .found, records: [[1]], ttl: 60)), of: question, now: 1_000)
        #expect(try cache.outcome(of: question, now: 30_000)?.get().records == [[1]])
        #expect(cache.count == 1)
    }

    @Test func aClockSetBackMakesNothingOlder() throws {
        var cache = AnswerCache(settings: settings())
        let question = try question("example.org")
        cache.keep(.success(Answer(existence: .found, records: [[1]], ttl: 60)), of: question, now: 1_000_000)
        #expect(cache.outcome(of: question, now: 999_999) == nil)
    }

    @Test func aLargeAnswerIsNotKept() throws {
        var cache = AnswerCache(settings: settings { $0.answerBytes = 10 })
        let large = Answer(existence: .found, records: [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5]], ttl: 60)
        cache.keep(.success(large), of: try question("example.org"), now: 0)
        #expect(cache.count == 0)
    }

    @Test(arguments: [0, -1])
    func aCacheWithoutPlacesKeepsNothing(entries: Int) throws {
        var cache = AnswerCache(settings: settings { $0.entries = entries })
        cache.keep(.success(Answer(existence: .found, records: [[1]], ttl: 60)), of: try question("a.example"), now: 0)
        #expect(cache.outcome(of: try question("a.example"), now: 0) == nil)
    }

    @Test func whatIsAskedForOutlivesWhatIsNot() throws {
        var cache = AnswerCache(settings: settings { $0.entries = 4 })
        let answer = AnswerCache.Outcome.success(Answer(existence: .found, records: [[1]], ttl: 60))
        cache.keep(answer, of: try question("popular.example"), now: 0)
        for number in 0..<40 {
            #expect(cache.outcome(of: try question("popular.example"), now: Int64(number)) != nil)
            cache.keep(answer, of: try question("\(number).example"), now: Int64(number))
        }
        #expect(cache.count == 4)
    }

    @Test func whatHasExpiredGoesFirst() throws {
        var cache = AnswerCache(settings: settings { $0.entries = 2 })
        cache.keep(
            .success(Answer(existence: .found, records: [[1]], ttl: 10)),
            of: try question("short.example"),
            now: 0
        )
        cache.keep(
            .success(Answer(existence: .found, records: [[1]], ttl: 60)),
            of: try question("long.example"),
            now: 0
        )
        _ = cache.outcome(of: try question("short.example"), now: 0)
        _ = cache.outcome(of: try question("long.example"), now: 0)
        cache.keep(
            .success(Answer(existence: .found, records: [[1]], ttl: 60)),
            of: try question("new.example"),
            now: 20_000
        )
        #expect(cache.outcome(of: try question("long.example"), now: 20_000) != nil)
        #expect(cache.outcome(of: try question("new.example"), now: 20_000) != nil)
    }

    @Test func aCacheIsNeverFullerThanItMayBe() throws {
        var random = SeededRandom(seed: 21)
        var cache = AnswerCache(settings: settings { $0.entries = 16 })
        var now: Int64 = 0
        for _ in 0..<5_000 {
            now += Int64.random(in: 0...2_000, using: &random)
            let name = try question("\(Int.random(in: 0..<40, using: &random)).example")
            if let outcome = cache.outcome(of: name, now: now) {
                let ttl = try outcome.get().ttl
                #expect(1...600 ~= ttl)
            } else {
                let ttl = Int64.random(in: 0...100, using: &random)
                cache.keep(.success(Answer(existence: .found, records: [[1]], ttl: ttl)), of: name, now: now)
                #expect(cache.outcome(of: name, now: now) != nil)
            }
            #expect(cache.count <= 16)
        }
    }
}
