// SPDX-License-Identifier: Apache-2.0

import Balancing
import ProxyProtocol
import Testing

struct ConditionTests {
    /// Says what it is told to.
    private struct Facts: RuleFacts {
        var isFinal = true
        var source = IPAddress("192.0.2.7")
        var length = 0
        var lists = [AddressSet([AddressRange("192.0.2.0/24")].compactMap { $0 })]

        func sample(_ fetch: Fetch) -> Sample {
            switch fetch {
            case .source: Sample(source.map { .address($0) })
            case .requestLength: Sample(.number(length), mayChange: true)
            case .always(let value): Sample(.truth(value))
            case .environment(let bytes): Sample(.bytes(bytes))
            case .sourcePort: Sample(.number(4_444))
            default: .none
            }
        }

        func list(_ index: Int, contains address: IPAddress) -> Bool {
            lists.indices.contains(index) && lists[index].contains(address)
        }
    }

    private static let yes = Condition.Term([.init(.always(true), .truth)])
    private static let no = Condition.Term([.init(.always(false), .truth)])
    private static let later = Condition.Term([.init(.requestLength, .numbers([1...10]))])

    private static func negated(_ term: Condition.Term) -> Condition.Term {
        Condition.Term(term.tests, isNegated: true)
    }

    @Test(arguments: [
        ([[yes]], false, Verdict.holds), ([[no]], false, .fails), ([[yes, no]], false, .fails),
        ([[no], [yes]], false, .holds), ([[yes, yes]], true, .fails), ([[no]], true, .holds),
        ([[negated(no)]], false, .holds), ([[later]], false, .missing), ([[negated(later)]], false, .missing),
        ([[yes, later]], false, .missing), ([[no, later]], false, .fails), ([[later], [yes]], false, .holds),
        ([[later], [no]], false, .missing), ([[later]], true, .missing), ([], false, .fails),
    ])
    func threeValuedLogic(terms: [[Condition.Term]], isInverted: Bool, expected: Verdict) {
        #expect(Condition(terms, isInverted: isInverted).verdict(on: Facts(isFinal: false)) == expected)
    }

    @Test func whatIsFinalIsNeverMissing() {
        #expect(Condition([[ConditionTests.later]]).verdict(on: Facts()) == .fails)
        #expect(Condition([[ConditionTests.negated(ConditionTests.later)]]).verdict(on: Facts()) == .holds)
        #expect(Condition([[ConditionTests.later]]).verdict(on: Facts(isFinal: false, length: 3)) == .holds)
    }

    @Test(arguments: [
        (Fetch.source, Pattern.addresses([0]), true), (.source, .addresses([7]), false), (.source, .found, true),
        (.sourcePort, .numbers([1...1_023, 4_000...5_000]), true), (.sourcePort, .numbers([1...1_023]), false),
        (.sourcePort, .truth, true), (.destination, .addresses([0]), false), (.destination, .found, false),
        (.environment(Array("Ehlo x".utf8)), .bytes(.beginning, [Array("ehlo".utf8)], ignoresCase: true), true),
        (.environment(Array("Ehlo x".utf8)), .bytes(.beginning, [Array("ehlo".utf8)], ignoresCase: false), false),
        (.environment(Array("abc".utf8)), .bytes(.end, [Array("bc".utf8)], ignoresCase: false), true),
        (.environment(Array("abc".utf8)), .bytes(.inside, [Array("b".utf8)], ignoresCase: false), true),
        (.environment(Array("abc".utf8)), .bytes(.inside, [Array("abcd".utf8)], ignoresCase: false), false),
        (.environment(Array("abc".utf8)), .bytes(.exact, [Array("abc".utf8)], ignoresCase: false), true),
        (.environment(Array("abc".utf8)), .lengths([3...3]), true),
        (.environment(Array("abc".utf8)), .numbers([3...3]), false),
    ])
    func aPatternMatchesOrNot(fetch: Fetch, pattern: Pattern, expected: Bool) {
        let verdict = Condition([[Condition.Term([.init(fetch, pattern)])]]).verdict(on: Facts())
        #expect(verdict == (expected ? .holds : .fails))
    }

    @Test func theFirstRuleThatDecidesCounts() {
        var done: [Rule.Action] = []
        let rules = [
            Rule(.track(0, .init(), table: 0)), Rule(.reject, if: Condition([[ConditionTests.no]])),
            Rule(.accept, if: Condition([[ConditionTests.yes]])), Rule(.reject),
        ]
        #expect(rules.outcome(on: Facts()) { done.append($0) } == .accept)
        #expect(done == [.track(0, .init(), table: 0)])
        #expect(Array(rules.dropFirst(3)).outcome(on: Facts()) { _ in } == .reject(rules[3]))
    }

    @Test func aWalkGoesOnWhereItWaited() {
        let rules = [
            Rule(.incrementGPC0(0)), Rule(.reject, if: Condition([[ConditionTests.later]])), Rule(.silentDrop),
        ]
        var done = 0
        #expect(rules.outcome(on: Facts(isFinal: false)) { _ in done += 1 } == .wait(at: 1))
        #expect(rules.outcome(from: 1, on: Facts(length: 2)) { _ in done += 1 } == .reject(rules[1]))
        #expect(rules.outcome(from: 1, on: Facts()) { _ in done += 1 } == .silentDrop(rules[2]))
        #expect(rules.outcome(from: 9, on: Facts()) { _ in done += 1 } == .accept)
        #expect(done == 1)
    }
}
