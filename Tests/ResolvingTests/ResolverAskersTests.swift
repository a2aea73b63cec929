// SPDX-License-Identifier: Apache-2.0

import Resolving
import Synchronization
import Testing

/// One query for many askers, their limits, and who gives up.
struct ResolverAskersTests {
    private let fixture: ResolverFixture

    init() throws {
        fixture = try ResolverFixture()
    }

    private func resolver(_ change: (inout ResolverSettings) -> Void = { _ in }) throws -> Resolver {
        try fixture.resolver(change)
    }

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
        fixture.clock.advance(by: 100_000)
        let seen = Mutex<Result<Resolved<HostAddress>, ResolverError>?>(nil)
        resolver.addresses(of: "mx.example", family: .ipv4) { result in seen.withLock { $0 = result } }
        #expect(about(200).contains(try #require(try seen.withLock { $0 }?.get().ttl)))
        #expect(resolver.counts.hits == 1)
        fixture.clock.advance(by: 200_000)
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
}
