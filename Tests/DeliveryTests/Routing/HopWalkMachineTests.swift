// SPDX-License-Identifier: Apache-2.0

import Delivery
import Support
import Testing

@Suite struct HopWalkMachineTests {
    static let hop = DeliverySettings.NextHop(host: "b.example", kind: .domain)
    static let fallback = DeliverySettings.NextHop(host: "fallback.example")
    static let later = RecipientResult(.deferred, dsn: "4.2.0", text: "host x said: 450 4.2.0 later")
    static let down = RecipientResult(.deferred, dsn: "4.4.1", text: "connect to x: Connection refused")

    static func target(_ name: String) -> HopTarget { HopTarget(host: name, address: nil, port: 25) }

    static func settings(_ adjust: (inout RoutingSettings) -> Void = { _ in }) -> RoutingSettings {
        var settings = RoutingSettings()
        adjust(&settings)
        return settings
    }

    @Test func serversAreTriedInOrderThenTheFallbacks() {
        var machine = HopWalkMachine(Self.hop, Self.settings { $0.fallbackRelays = [Self.fallback] })
        #expect(machine.next() == .resolve(Self.hop))
        #expect(machine.resolved(.success([Self.target("1"), Self.target("2")])) == .connect(Self.target("1")))
        #expect(machine.connectFailed(Self.down) == .connect(Self.target("2")))
        #expect(machine.connectFailed(Self.down) == .resolve(Self.fallback))
        #expect(machine.resolved(.success([Self.target("3")])) == .connect(Self.target("3")))
        #expect(machine.connectFailed(Self.down) == .fail(Self.down))
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 3), (0, 4)])
    func sessionsAreLimitedApartFromAddressesAndRefusals(limit: Int, sessions: Int) {
        var machine = HopWalkMachine(Self.hop, Self.settings { $0.sessionLimit = limit })
        _ = machine.next()
        _ = machine.resolved(.success((1...6).map { Self.target("\($0)") }))
        let refusal = RecipientResult(.deferred, dsn: "4.7.0", text: "host 2 refused to talk to me")
        #expect(machine.connectFailed(Self.down) == .connect(Self.target("2")))
        #expect(machine.refused(refusal) == .connect(Self.target("3")))
        for number in 1..<sessions {
            #expect(machine.transactionFailed(Self.later) == .connect(Self.target("\(3 + number)")))
        }
        #expect(machine.transactionFailed(Self.later) == .fail(Self.later))
    }

    @Test func sessionsAreCountedForEachNextHop() {
        var machine = HopWalkMachine(
            Self.hop,
            Self.settings {
                $0.fallbackRelays = [Self.fallback]
                $0.sessionLimit = 1
            }
        )
        _ = machine.next()
        _ = machine.resolved(.success([Self.target("1"), Self.target("2")]))
        #expect(machine.transactionFailed(Self.later) == .resolve(Self.fallback))
        #expect(machine.resolved(.success([Self.target("3"), Self.target("4")])) == .connect(Self.target("3")))
        #expect(machine.transactionFailed(Self.later) == .fail(Self.later))
    }

    @Test func messagesOfOneConnectionGoOnEachForItself() {
        var machine = HopWalkMachine(Self.hop, Self.settings())
        _ = machine.next()
        _ = machine.resolved(.success((1...3).map { Self.target("\($0)") }))
        for _ in 0..<3 {
            var copy = machine
            #expect(copy.transactionFailed(Self.later) == .connect(Self.target("2")))
            #expect(copy.transactionFailed(Self.later) == .fail(Self.later))
        }
    }

    @Test func aDomainThatIsNotFoundGoesToTheFallbackAndOneThatTakesNoMailDoesNot() {
        for (dsn, next) in [("5.4.4", true), ("4.4.3", true), ("5.1.10", false), ("5.4.6", false)] {
            var machine = HopWalkMachine(Self.hop, Self.settings { $0.fallbackRelays = [Self.fallback] })
            _ = machine.next()
            let failure = RecipientResult(.bounced, dsn: dsn, text: "x")
            #expect(machine.resolved(.failure(failure)) == (next ? .resolve(Self.fallback) : .fail(failure)))
        }
    }

    @Test func aPermanentRefusalEndsTheSearch() {
        var machine = HopWalkMachine(Self.hop, Self.settings())
        _ = machine.next()
        _ = machine.resolved(.success([Self.target("1"), Self.target("2")]))
        let refusal = RecipientResult(.bounced, dsn: "5.3.2", text: "x")
        #expect(machine.refused(refusal) == .fail(refusal))
    }

    @Test(arguments: 1...20)
    func anySequenceOfFailuresEnds(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var machine = HopWalkMachine(Self.hop, Self.settings { $0.fallbackRelays = [Self.fallback, Self.hop] })
        var action = machine.next()
        for _ in 0..<100 {
            switch action {
            case .fail: return
            case .resolve:
                let count = Int.random(in: 0...4, using: &random)
                action = machine.resolved(
                    Bool.random(using: &random)
                        ? .failure(Self.down) : .success((0..<count).map { Self.target("\($0)") })
                )
            case .connect:
                switch Int.random(in: 0..<3, using: &random) {
                case 0: action = machine.connectFailed(Self.down)
                case 1: action = machine.refused(Self.down)
                default: action = machine.transactionFailed(Self.later)
                }
            }
        }
        Issue.record("the search goes on for ever")
    }
}
