// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving
import Testing

struct BlocklistScoreTests {
    private func site(_ text: String) throws -> BlocklistSite { try BlocklistSite(text) }

    private func answers(_ replies: [(String, BlocklistAnswers.Answer)]) throws -> BlocklistAnswers {
        var answers = BlocklistAnswers()
        for (zone, answer) in replies { answers[try #require(DomainName(zone))] = answer }
        return answers
    }

    private func listed(_ addresses: String..., ttl: Int64 = 600) -> BlocklistAnswers.Answer {
        let all = addresses.compactMap { HostAddress($0) }
        let refusals = all.filter { "\($0)".hasPrefix("127.255.255.") }
        return .reply(BlocklistReply(listings: all.filter { !refusals.contains($0) }, refusals: refusals, ttl: ttl))
    }

    @Test func everySiteThatMatchesAddsItsWeightOnce() throws {
        let sites = try ["a.example=127.0.0.[2..4]*3", "a.example=127.0.0.10", "b.example*2", "dnswl.example*-4"].map(
            site
        )
        let answers = try answers([
            ("a.example", listed("127.0.0.2", "127.0.0.4", "127.0.0.10", ttl: 300)), ("b.example", listed()),
            ("dnswl.example", listed("127.0.5.1", ttl: 900)),
        ])
        let score = answers.score(by: sites)
        #expect(score.total == 0)
        #expect(score.zone == "a.example")
        #expect(score.ttl == 300)
        #expect(score.isComplete)
    }

    @Test func theHeaviestListIsNamed() throws {
        let sites = try ["a.example", "b.example*3", "c.example*2"].map(site)
        let answers = try answers(["a.example", "b.example", "c.example"].map { ($0, listed("127.0.0.2")) })
        #expect(answers.score(by: sites).zone == "b.example")
        #expect(answers.score(by: sites).total == 6)
    }

    @Test(arguments: ["127.255.255.254", "127.255.255.252"]) func anErrorOfTheListIsNoListing(code: String) throws {
        for text in ["a.example", "a.example=127.255.255.[0..255]*5"] {
            let score = try answers([("a.example", listed(code))]).score(by: [try site(text)])
            #expect(score.total == 0)
            #expect(score.zone == nil)
            #expect(!score.isComplete)
        }
    }

    @Test(arguments: [ResolverError.timedOut, .serverFailure, .bogus("x"), .overloaded, .closed])
    func aFailureIsNoListing(error: ResolverError) throws {
        let score = try answers([("a.example", .failed(error))]).score(by: [try site("a.example*9")])
        #expect(score.total == 0)
        #expect(!score.isComplete)
    }

    @Test func whatHasNotAnsweredDoesNotCount() throws {
        let sites = try ["a.example", "b.example"].map(site)
        let score = try answers([("a.example", listed("127.0.0.2"))]).score(by: sites)
        #expect(score.total == 1)
        #expect(!score.isComplete)
    }
}
