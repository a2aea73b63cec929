// SPDX-License-Identifier: Apache-2.0

import Resolving
import Support
import Testing

struct QueryTableTests {
    private typealias Table = QueryTable<String>

    private func question(_ name: String) throws -> Question {
        Question(try #require(DomainName(name)), .a)
    }

    private func started(_ action: Table.OnAsk) throws -> Table.Ticket {
        guard case .start(let ticket) = action else { throw Unexpected(action: "\(action)") }
        return ticket
    }

    private func joined(_ action: Table.OnAsk) throws -> Table.Ticket {
        guard case .join(let ticket) = action else { throw Unexpected(action: "\(action)") }
        return ticket
    }

    private struct Unexpected: Error {
        let action: String
    }

    @Test func manyAskersShareOneQuery() throws {
        var table = Table(maximumQueries: 10, maximumAskers: 10)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 10))
        let second = try joined(table.ask(try question("A.example."), asker: "2", deadline: 11))
        _ = try started(table.ask(try question("b.example"), asker: "3", deadline: 12))
        #expect(first.query == second.query)
        #expect(table.count == 2)
        #expect(table.askers == 3)
        let done = table.finished(first.query)
        #expect(done?.question == (try question("a.example")))
        #expect(done?.askers.sorted() == ["1", "2"])
        #expect(table.finished(first.query) == nil)
        #expect(table.askers == 1)
        _ = try started(table.ask(try question("a.example"), asker: "4", deadline: 13))
    }

    @Test func whoLeavesIsNotAnswered() throws {
        var table = Table(maximumQueries: 10, maximumAskers: 10)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 10))
        let second = try joined(table.ask(try question("a.example"), asker: "2", deadline: 10))
        #expect(table.leave(first) == "1")
        #expect(table.leave(first) == nil)
        #expect(table.finished(first.query)?.askers == ["2"])
        #expect(table.leave(second) == nil)
    }

    @Test func aQueryWithoutAskersStaysUntilItIsAnswered() throws {
        var table = Table(maximumQueries: 1, maximumAskers: 10)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 10))
        #expect(table.leave(first) == "1")
        #expect(table.count == 1)
        #expect(table.nextDeadline == nil)
        #expect(table.ask(try question("b.example"), asker: "2", deadline: 20) == .refuse)
        let late = try joined(table.ask(try question("a.example"), asker: "3", deadline: 20))
        #expect(late.query == first.query)
        #expect(table.finished(first.query)?.askers == ["3"])
        _ = try started(table.ask(try question("b.example"), asker: "4", deadline: 20))
    }

    @Test func deadlinesPassInOrder() throws {
        var table = Table(maximumQueries: 10, maximumAskers: 10)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 10))
        _ = try joined(table.ask(try question("a.example"), asker: "2", deadline: 20))
        _ = try started(table.ask(try question("b.example"), asker: "3", deadline: 20))
        #expect(table.nextDeadline == 10)
        #expect(table.expired(at: 9).isEmpty)
        #expect(table.expired(at: 10).map(\.asker) == ["1"])
        #expect(table.leave(first) == nil)
        #expect(table.nextDeadline == 20)
        #expect(table.expired(at: 25).map(\.asker) == ["2", "3"])
        #expect(table.nextDeadline == nil)
        #expect(table.count == 2)
        #expect(table.askers == 0)
        #expect(table.finished(first.query)?.askers == [])
    }

    @Test func askersAndQueriesAreBounded() throws {
        var table = Table(maximumQueries: 2, maximumAskers: 3)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 1))
        _ = try started(table.ask(try question("b.example"), asker: "2", deadline: 1))
        #expect(table.ask(try question("c.example"), asker: "3", deadline: 1) == .refuse)
        _ = try joined(table.ask(try question("b.example"), asker: "4", deadline: 1))
        #expect(table.ask(try question("b.example"), asker: "5", deadline: 1) == .refuse)
        #expect(table.leave(first) == "1")
        _ = try joined(table.ask(try question("b.example"), asker: "6", deadline: 1))
    }

    @Test func everythingEnds() throws {
        var table = Table(maximumQueries: 10, maximumAskers: 10)
        let first = try started(table.ask(try question("a.example"), asker: "1", deadline: 1))
        _ = try started(table.ask(try question("b.example"), asker: "2", deadline: 1))
        #expect(table.removeAll().sorted() == ["1", "2"])
        #expect(table.leave(first) == nil)
        #expect(table.finished(first.query) == nil)
        #expect(table.expired(at: .max).isEmpty)
    }

    /// Every asker ends exactly one way, whatever happens, and the counts are right.
    @Test(arguments: 1...8) func everyAskerEndsOnce(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var table = Table(maximumQueries: 20, maximumAskers: 50)
        var waiting: [String: Table.Ticket] = [:]
        var queries: Set<UInt64> = []
        var now: Int64 = 0
        for step in 0..<8_000 {
            now += Int64.random(in: 0...1, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let name = "\(Int.random(in: 0..<30, using: &random)).example"
                switch table.ask(try question(name), asker: "\(step)", deadline: now + 40) {
                case .start(let ticket):
                    waiting["\(step)"] = ticket
                    #expect(queries.insert(ticket.query).inserted)
                case .join(let ticket):
                    waiting["\(step)"] = ticket
                    #expect(queries.contains(ticket.query))
                case .refuse:
                    #expect(waiting.count == 50 || queries.count == 20)
                }
            case 5..<8:
                guard let (asker, ticket) = waiting.randomElement(using: &random) else { continue }
                #expect(table.leave(ticket) == asker)
                waiting[asker] = nil
            case 8:
                guard let query = queries.sorted().randomElement(using: &random) else { continue }
                for asker in table.finished(query)?.askers ?? [] { #expect(waiting.removeValue(forKey: asker) != nil) }
                queries.remove(query)
            default:
                for (_, asker) in table.expired(at: now) { #expect(waiting.removeValue(forKey: asker) != nil) }
            }
            #expect(table.askers == waiting.count)
            #expect(table.count == queries.count)
        }
        #expect(table.removeAll().sorted() == waiting.keys.sorted())
    }
}
