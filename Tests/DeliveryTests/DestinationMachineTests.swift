// SPDX-License-Identifier: Apache-2.0

import Delivery
import Testing

@Suite struct DestinationMachineTests {
    static let backoff = Backoff(DeliverySettings())

    static func fail(_ machine: inout DestinationMachine, at now: Int64) -> DestinationMachine.Consequence {
        machine.connectFailed(now: now, dsn: "4.4.1", reason: "refused", backoff: backoff)
    }

    static func until(_ consequence: DestinationMachine.Consequence) -> Int64? {
        guard case .suspend(let suspension) = consequence else { return nil }
        return suspension.until
    }

    @Test func oneConnectionProbesAndTheOthersWait() {
        var machine = DestinationMachine()
        #expect(machine.wantsConnection(now: 0) == .open)
        #expect(machine.wantsConnection(now: 0) == .wait(until: nil))
        #expect(machine.connected() == true)
        #expect(machine.wantsConnection(now: 0) == .open)
        #expect(machine.wantsConnection(now: 0) == .open)
        #expect(machine.connected() == false)
    }

    @Test func anAbandonedProbeLetsTheNextOneTry() {
        var machine = DestinationMachine()
        #expect(machine.wantsConnection(now: 0) == .open)
        machine.connectAbandoned()
        #expect(machine.wantsConnection(now: 0) == .open)
    }

    @Test func aFailedProbeSuspendsForLongerEachTime() {
        var machine = DestinationMachine()
        var now: Int64 = 1_000
        for wait: Int64 in [300_000, 600_000, 1_200_000, 2_400_000, 4_000_000, 4_000_000] {
            #expect(machine.wantsConnection(now: now) == .open)
            #expect(Self.until(Self.fail(&machine, at: now)) == now + wait)
            let suspended = DestinationMachine.Admission.suspended(
                .init(since: now, until: now + wait, dsn: "4.4.1", reason: "refused")
            )
            #expect(machine.wantsConnection(now: now) == suspended)
            #expect(machine.wantsConnection(now: now + wait - 1) == suspended)
            now += wait
        }
        #expect(machine.wantsConnection(now: now) == .open)
        #expect(machine.connected() == true)
        machine.carried()
        machine.disconnected()
        #expect(Self.until(Self.fail(&machine, at: now)) == now + 300_000)
    }

    @Test func whileConnectionsStandAFailureOnlyPausesConnects() {
        var machine = DestinationMachine()
        _ = machine.wantsConnection(now: 0)
        _ = machine.connected()
        var now: Int64 = 0
        for pause: Int64 in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            #expect(Self.fail(&machine, at: now) == .wait)
            #expect(machine.wantsConnection(now: now + pause - 1) == .wait(until: now + pause))
            now += pause
            #expect(machine.wantsConnection(now: now) == .open)
        }
        _ = machine.connected()
        #expect(machine.wantsConnection(now: now) == .open)
        #expect(Self.fail(&machine, at: now) == .wait)
        #expect(machine.wantsConnection(now: now + 999) == .wait(until: now + 1_000))
    }

    @Test func dialoguesThatKeepBreakingSuspendToo() {
        var machine = DestinationMachine()
        _ = machine.wantsConnection(now: 0)
        _ = machine.connected()
        for _ in 1..<DestinationMachine.brokenDialogues {
            #expect(machine.dialogueBroke(now: 0, dsn: "4.4.2", reason: "lost", backoff: Self.backoff) == .none)
        }
        machine.carried()
        for _ in 1..<DestinationMachine.brokenDialogues {
            #expect(machine.dialogueBroke(now: 0, dsn: "4.4.2", reason: "lost", backoff: Self.backoff) == .none)
        }
        #expect(machine.hasTrouble)
        let end = machine.dialogueBroke(now: 0, dsn: "4.4.2", reason: "lost", backoff: Self.backoff)
        #expect(Self.until(end) == 300_000)
        // A connection that was on its way does not end it, nor do late failures prolong it; a delivery ends it.
        #expect(machine.connected() == false)
        #expect(machine.dialogueBroke(now: 0, dsn: "4.4.2", reason: "lost", backoff: Self.backoff) == .none)
        #expect(machine.wantsConnection(now: 10) != .open)
        machine.carried()
        #expect(machine.wantsConnection(now: 10) == .open)
        #expect(!machine.hasTrouble)
    }

    /// A connection that stands keeps a failed probe from suspending the destination: there must be another probe.
    @Test(arguments: [true, false])
    func aProbeThatFailsBesideAStandingConnectionIsNotTheLast(byOperator: Bool) {
        var machine = DestinationMachine()
        _ = machine.wantsConnection(now: 0)
        _ = machine.connected()
        for _ in 0..<DestinationMachine.brokenDialogues {
            _ = machine.dialogueBroke(now: 0, dsn: "4.4.2", reason: "lost", backoff: Self.backoff)
        }
        if byOperator { machine.revive() }
        #expect(machine.wantsConnection(now: 300_000) == .open)
        #expect(Self.fail(&machine, at: 300_000) == .wait)
        #expect(machine.wantsConnection(now: 300_000) == .wait(until: 301_000))
        #expect(machine.wantsConnection(now: 301_000) == .open)
    }

    /// What was to last for minutes must not last for as long as the clock was wrong.
    @Test func aClockThatIsSetBackEndsPausesAndSuspensions() {
        var machine = DestinationMachine()
        _ = machine.wantsConnection(now: 1_000_000)
        _ = Self.fail(&machine, at: 1_000_000)
        #expect(machine.isSuspended(now: 1_000_000))
        #expect(!machine.isSuspended(now: 999_999))
        #expect(machine.wantsConnection(now: 999_999) == .open)
        _ = machine.connected()
        _ = Self.fail(&machine, at: 1_000_000)
        #expect(machine.wantsConnection(now: 1_000_999) == .wait(until: 1_001_000))
        #expect(machine.wantsConnection(now: 999_999) == .open)
    }

    @Test func anOperatorEndsASuspension() {
        var machine = DestinationMachine()
        _ = machine.wantsConnection(now: 0)
        _ = Self.fail(&machine, at: 0)
        machine.revive()
        #expect(machine.wantsConnection(now: 1) == .open)
        #expect(Self.until(Self.fail(&machine, at: 1)) == 300_001)
    }

    @Test(arguments: 0..<50)
    func noOrderOfEventsTraps(_ seed: Int) {
        var machine = DestinationMachine()
        var random = UInt64(seed) &+ 12_345
        var now: Int64 = 0
        for _ in 0..<500 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            now += Int64(random >> 60) * 10_000
            switch (random >> 33) % 8 {
            case 0, 1: _ = machine.wantsConnection(now: now)
            case 2: _ = machine.connected()
            case 3: machine.disconnected()
            case 4: _ = Self.fail(&machine, at: now)
            case 5: _ = machine.dialogueBroke(now: now, dsn: "4.4.2", reason: "", backoff: Self.backoff)
            case 6: machine.connectAbandoned()
            default: machine.carried()
            }
        }
        machine.revive()
        machine.connectAbandoned()
        #expect(machine.wantsConnection(now: now + 1) == .open)
    }
}
