// SPDX-License-Identifier: Apache-2.0

import Reception
import Resolving
import SMTP
import Support
import Testing

struct ScreeningMachineTests {
    private static let now: Int64 = 1_700_000_000

    private func settings(_ change: (inout ScreeningSettings) -> Void = { _ in }) -> ScreeningSettings {
        var settings = ScreeningSettings()
        settings.isEnabled = true
        change(&settings)
        return settings
    }

    private func machine(
        _ settings: ScreeningSettings,
        record: ScreeningRecord? = nil,
        isDenied: Bool = false
    ) -> ScreeningMachine {
        ScreeningMachine(rules: ScreeningRules(settings), record: record, isDenied: isDenied, now: Self.now)
    }

    private func score(_ total: Int, ttl: Int64 = 300, isComplete: Bool = true) -> BlocklistScore {
        var score = BlocklistScore()
        score.total = total
        score.ttl = ttl
        score.isComplete = isComplete
        return score
    }

    private func lists(_ change: (inout ScreeningSettings) -> Void = { _ in }) throws -> ScreeningSettings {
        let site = try BlocklistSite("bl.example.org")
        return settings {
            $0.blocklistSites = [site]
            change(&$0)
        }
    }

    @Test func aQuietClientPasses() {
        var machine = machine(settings())
        #expect(machine.connected() == .park(teases: true, asks: false))
        #expect(machine.waited(nil, at: Self.now + 6) == .pass(.new))
        #expect(machine.memory?.text == "1700086406;1;1;1;1")
    }

    @Test func aKnownClientNeedNotWait() {
        var machine = machine(settings(), record: ScreeningRecord("1700000100;1;1;1;1"))
        #expect(machine.connected() == .pass(.old))
        #expect(machine.memory == nil)
    }

    @Test func resultsEnd() {
        var machine = machine(settings(), record: ScreeningRecord("1699999999;1;1;1;1"))
        #expect(machine.connected() == .park(teases: true, asks: false))
        #expect(machine.waited(nil, at: Self.now + 6) == .pass(.old))
    }

    @Test(arguments: [
        (ScreeningAction.ignore, ScreeningMachine.Action.pass(.unblessed), false),
        (.enforce, .watch, true),
        (.drop, .drop(Reply(521, EnhancedStatus(5, 5, 1), "Protocol error")), false),
    ]) func anEarlyTalkerIsTreatedAsAsked(action: ScreeningAction, expected: ScreeningMachine.Action, refused: Bool) {
        var machine = machine(settings { $0.greetAction = action })
        _ = machine.connected()
        #expect(machine.spoke(nil, at: Self.now + 1) == expected)
        #expect((machine.refusal == Reply(550, EnhancedStatus(5, 5, 1), "Protocol error")) == refused)
        #expect(machine.withholdsGreeting == (action != .ignore))
        #expect(machine.memory == nil)
        #expect(machine.waited(nil, at: Self.now + 6) == .none)
    }

    @Test func listsAreWaitedForWhenAnEarlyTalkerIsNotCut() throws {
        var machine = machine(try lists { $0.blocklistAction = .enforce })
        #expect(machine.connected() == .park(teases: true, asks: true))
        #expect(machine.spoke(score(0, isComplete: false), at: Self.now + 1) == .none)
        #expect(machine.listsAnswered(score(2), at: Self.now + 2) == .watch)
        #expect(machine.rank == 2)
        #expect(machine.refusal?.code == 550)
    }

    @Test func aListedClientIsCut() throws {
        var machine = machine(try lists { $0.blocklistAction = .drop })
        _ = machine.connected()
        #expect(machine.listsAnswered(score(1), at: Self.now + 1) == .none)
        guard case .drop(let reply) = machine.waited(score(1), at: Self.now + 6) else {
            Issue.record("not cut")
            return
        }
        #expect(reply.code == 521 && reply.isPermanent)
    }

    @Test func aListedClientThatIsIgnoredIsTestedAgain() throws {
        var machine = machine(try lists())
        _ = machine.connected()
        #expect(machine.waited(score(5), at: Self.now + 6) == .pass(.unblessed))
        #expect(machine.rank == 5)
        #expect(machine.memory?.text == "1700086406;0;1;1;1")
    }

    @Test(arguments: [
        (Int64(300), true, "1700000306"), (5, true, "1700000066"), (86_400, true, "1700003606"),
        (300, false, "1700000066"),
    ]) func theListsTimeIsKeptWithinBounds(ttl: Int64, isComplete: Bool, end: String) throws {
        var machine = machine(try lists())
        _ = machine.connected()
        #expect(machine.waited(score(0, ttl: ttl, isComplete: isComplete), at: Self.now + 6) == .pass(.new))
        #expect(machine.memory?.text == "1700086406;\(end);1;1;1")
    }

    @Test func listsAloneAreNotWaitedForLongerThanTheyTake() throws {
        var machine = machine(try lists { $0.greetWait = StressTime(normal: 0, stress: 0) })
        #expect(machine.connected() == .park(teases: false, asks: true))
        #expect(machine.listsAnswered(score(0), at: Self.now) == .pass(.new))
    }

    @Test func whatIsNotAnsweredRefusesNobody() throws {
        var machine = machine(try lists { $0.blocklistAction = .drop })
        _ = machine.connected()
        #expect(machine.waited(nil, at: Self.now + 6) == .pass(.unblessed))
    }

    @Test func anAllowListSparesAllOtherTests() throws {
        var machine = machine(
            try lists {
                $0.allowlistThreshold = -1
                $0.pipelining.isEnabled = true
            }
        )
        _ = machine.connected()
        #expect(machine.listsAnswered(score(-2), at: Self.now + 1) == .pass(.new))
        #expect(machine.memory?.text == "1700000301;1700000301;1700000301;1;1")
    }

    @Test func anAllowListHelpsNoEarlyTalker() throws {
        var machine = machine(
            try lists {
                $0.allowlistThreshold = -1
                $0.greetAction = .enforce
            }
        )
        _ = machine.connected()
        #expect(machine.spoke(nil, at: Self.now) == .none)
        #expect(machine.listsAnswered(score(-2), at: Self.now + 1) == .watch)
    }

    @Test func aDeniedClientIsTestedAndRefused() {
        var machine = machine(settings(), isDenied: true)
        #expect(machine.connected() == .park(teases: true, asks: false))
        #expect(machine.waited(nil, at: Self.now + 6) == .watch)
        #expect(machine.refusal == .serviceUnavailable(550))
        #expect(machine.disconnected() == nil)
    }

    // MARK: - The live session

    private func live(_ change: (inout ScreeningSettings) -> Void = { _ in }) -> ScreeningMachine {
        var machine = machine(
            settings {
                $0.pipelining.isEnabled = true
                $0.nonSMTPCommand.isEnabled = true
                $0.bareNewline.isEnabled = true
                change(&$0)
            }
        )
        _ = machine.connected()
        #expect(machine.waited(nil, at: Self.now + 6) == .watch)
        return machine
    }

    private func command(_ change: (inout ScreeningMachine.Command) -> Void = { _ in }) -> ScreeningMachine.Command {
        var command = ScreeningMachine.Command()
        change(&command)
        return command
    }

    @Test func theFirstRecipientEndsTheTests() {
        var machine = live()
        var violations: [ScreeningTest] = []
        #expect(machine.forbidsPipelining)
        #expect(machine.received(command(), at: Self.now + 7, violations: &violations) == .none)
        let recipient = command { $0.isRecipient = true }
        #expect(machine.received(recipient, at: Self.now + 7, violations: &violations) == .pass(.new))
        #expect(violations == [])
        #expect(machine.memory?.text == "1700086406;1;1702592007;1702592007;1702592007")
    }

    @Test func aClientThatLeavesBeforeKeepsWhatItPassed() {
        var machine = live()
        #expect(machine.disconnected()?.text == "1700086406;1;0;0;0")
        #expect(machine.disconnected() == nil)
    }

    @Test func violationsAreLookedAtInOrder() {
        var machine = live {
            $0.nonSMTPCommand.action = .ignore
            $0.pipelining.action = .drop
        }
        var violations: [ScreeningTest] = []
        let all = command {
            $0.hasBareNewline = true
            $0.isForeign = true
            $0.hasMoreInput = true
        }
        #expect(
            machine.received(all, at: Self.now + 7, violations: &violations)
                == .drop(Reply(521, EnhancedStatus(5, 5, 1), "Protocol error"))
        )
        #expect(violations == [.bareNewline, .nonSMTPCommand, .pipelining])
        #expect(machine.received(all, at: Self.now + 7, violations: &violations) == .none)
    }

    @Test func aTestFailsOnceASession() {
        var machine = live()
        var violations: [ScreeningTest] = []
        let ahead = command { $0.hasMoreInput = true }
        #expect(machine.received(ahead, at: Self.now + 7, violations: &violations) == .none)
        #expect(machine.received(ahead, at: Self.now + 7, violations: &violations) == .none)
        #expect(violations == [.pipelining])
        #expect(machine.refusal?.code == 550)
        #expect(machine.disconnected() == nil)
    }

    @Test func lateEventsDoNothing() {
        var machine = machine(settings())
        var violations: [ScreeningTest] = []
        #expect(machine.waited(nil, at: Self.now) == .none)
        #expect(machine.spoke(nil, at: Self.now) == .none)
        #expect(machine.received(command(), at: Self.now, violations: &violations) == .none)
        _ = machine.connected()
        #expect(machine.connected() == .none)
        _ = machine.waited(nil, at: Self.now + 6)
        #expect(machine.listsAnswered(score(9), at: Self.now + 7) == .none)
        #expect(machine.spoke(nil, at: Self.now + 7) == .none)
    }

    @Test(arguments: 0..<100) func survivesAnySequence(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let actions = ScreeningAction.allCases
        var machine = machine(
            try lists {
                $0.greetAction = actions[Int.random(in: 0..<3, using: &random)]
                $0.blocklistAction = actions[Int.random(in: 0..<3, using: &random)]
                $0.pipelining.isEnabled = Bool.random(using: &random)
                $0.pipelining.action = actions[Int.random(in: 0..<3, using: &random)]
                $0.allowlistThreshold = Int.random(in: -3...0, using: &random)
            },
            isDenied: Bool.random(using: &random)
        )
        var violations: [ScreeningTest] = []
        for _ in 0..<50 {
            let score = score(Int.random(in: -5...5, using: &random), isComplete: Bool.random(using: &random))
            let time = Self.now + Int64.random(in: -100...100, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: _ = machine.connected()
            case 1: _ = machine.spoke(Bool.random(using: &random) ? score : nil, at: time)
            case 2: _ = machine.listsAnswered(score, at: time)
            case 3: _ = machine.waited(score, at: time)
            default:
                let command = command {
                    $0.hasMoreInput = Bool.random(using: &random)
                    $0.isForeign = Bool.random(using: &random)
                    $0.hasBareNewline = Bool.random(using: &random)
                    $0.isRecipient = Bool.random(using: &random)
                }
                _ = machine.received(command, at: time, violations: &violations)
            }
            if machine.refusal != nil { #expect(machine.memory == nil) }
        }
        _ = machine.disconnected()
        #expect(machine.waited(nil, at: Self.now) == .none)
    }
}
