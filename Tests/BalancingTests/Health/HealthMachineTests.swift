// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct HealthMachineTests {
    /// Runs `+` and `-` through a machine and tells after each what happened, as `change n/m pace`.
    private func run(_ results: String, rise: Int = 2, fall: Int = 3) -> [String] {
        var machine = HealthMachine(rise: rise, fall: fall)
        return results.map { result in
            let change = result == "+" ? machine.checkSucceeded() : machine.checkFailed()
            return "\(change) \(machine.progress) \(machine.isUp ? "UP" : "DOWN") \(machine.pace)"
        }
    }

    @Test func beginsUpAndOneFailureFromDown() {
        let machine = HealthMachine(rise: 2, fall: 3)
        #expect(machine.isUp)
        #expect(machine.progress == "1/3")
        #expect(machine.pace == .fast)
        #expect(run("-") == ["wentDown 0/2 DOWN down"])
        #expect(run("+") == ["progressed 3/3 UP normal"])
    }

    @Test func followsHAProxysCapture() {
        // healthcheck log of HAProxy 2.6: failed 0/2 DOWN, succeeded 1/2 DOWN, succeeded 3/3 UP
        #expect(
            run("-++") == ["wentDown 0/2 DOWN down", "progressed 1/2 DOWN fast", "wentUp 3/3 UP normal"]
        )
    }

    @Test func fallsStepByStep() {
        #expect(
            run("+---") == [
                "progressed 3/3 UP normal", "progressed 2/3 UP fast", "progressed 1/3 UP fast",
                "wentDown 0/2 DOWN down",
            ]
        )
    }

    @Test func oneFailureOnTheWayUpStartsAnew() {
        #expect(run("-+-", rise: 3).last == "progressed 0/3 DOWN down")
        #expect(run("--").last == "none 0/2 DOWN down")
        #expect(run("++").last == "none 3/3 UP normal")
        #expect(run("+-+").last == "progressed 3/3 UP normal")
    }

    @Test(arguments: [(1, 1), (0, 0), (-5, 1)])
    func smallestCounts(rise: Int, fall: Int) {
        #expect(run("-+", rise: rise, fall: fall) == ["wentDown 0/1 DOWN down", "wentUp 1/1 UP normal"])
    }

    /// What HAProxy 2.6.12 makes of errors in sessions, from a server that is fully up with rise 2 and fall 3.
    @Test(arguments: [
        (ObservationSettings.Reaction.fastInterval, HealthMachine.Change.none, 4),
        (.failedCheck, .progressed, 3), (.suddenDeath, .progressed, 2), (.markDown, .wentDown, 0),
    ])
    func sessionsCount(reaction: ObservationSettings.Reaction, change: HealthMachine.Change, health: Int) {
        var machine = HealthMachine(rise: 2, fall: 3)
        _ = machine.checkSucceeded()
        #expect(machine.observed(reaction) == change)
        #expect(machine.health == health)
    }

    @Test func afterSuddenDeathOneCheckIsEnough() {
        var machine = HealthMachine(rise: 2, fall: 9)
        _ = machine.checkSucceeded()
        _ = machine.observed(.suddenDeath)
        #expect(machine.isUp)
        #expect(machine.checkFailed() == .wentDown)
        #expect(machine.observed(.markDown) == .none)
    }

    @Test func maintenanceForgets() {
        var machine = HealthMachine(rise: 2, fall: 3)
        machine.suspend()
        #expect(machine.health == 0)
        machine.resume()
        #expect(machine.isUp)
        #expect(machine.checkFailed() == .wentDown)
    }

    @Test func staysInBoundsWhateverComes() {
        var machine = HealthMachine(rise: 3, fall: 4)
        var bits: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<10_000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            switch bits >> 60 {
            case 0..<7: _ = machine.checkSucceeded()
            case 7..<14: _ = machine.checkFailed()
            case 14: machine.suspend()
            default: machine.resume()
            }
            #expect((0...6).contains(machine.health))
        }
    }
}
