// SPDX-License-Identifier: Apache-2.0

import Balancing
import Testing

struct RetryMachineTests {
    private func run(
        _ failures: [RetryMachine.Failure],
        retries: Int,
        redispatches: Bool = false,
        timeout: Int? = 500,
        rotates: Bool = false
    ) -> [RetryMachine.Action] {
        var machine = RetryMachine(retries: retries, redispatches: redispatches, connectTimeout: timeout)
        return failures.map { machine.connectFailed($0, mayChangeAtOnce: rotates) }
    }

    @Test func waitsBeforeTheSameServer() {
        #expect(run([.refused, .refused, .refused], retries: 2) == [.retry(after: 500), .retry(after: 500), .giveUp])
        #expect(run([.refused], retries: 1, timeout: 5_000) == [.retry(after: 1_000)])
        #expect(run([.refused], retries: 1, timeout: nil) == [.retry(after: 1_000)])
    }

    @Test func aTimeoutHasWaitedEnough() {
        #expect(run([.timedOut, .timedOut], retries: 1) == [.retry(after: 0), .giveUp])
    }

    @Test func redispatchesTheLastRetry() {
        #expect(
            run([.refused, .refused, .refused, .refused], retries: 3, redispatches: true)
                == [.retry(after: 500), .retry(after: 500), .redispatch, .giveUp]
        )
    }

    /// HAProxy configuration manual 4.2, `option redispatch`.
    @Test(arguments: [
        (1, [true, true, true, true]), (2, [false, true, false, true]), (3, [false, false, true, false]),
        (-1, [false, false, false, true]), (-2, [false, false, true, false]), (-4, [true, true, true, true]),
        (-5, [false, false, false, false]), (-100, [false, false, false, false]),
    ])
    func redispatchesByInterval(interval: Int, expected: [Bool]) {
        var machine = RetryMachine(retries: 4, redispatches: true, interval: interval, connectTimeout: 500)
        let actions = (0..<4).map { _ in machine.connectFailed(.refused, mayChangeAtOnce: false) }
        #expect(actions.map { $0 == .redispatch } == expected)
        #expect(machine.connectFailed(.refused, mayChangeAtOnce: false) == .giveUp)
    }

    @Test func goesRoundAtOnce() {
        #expect(
            run([.refused, .timedOut, .refused], retries: 2, redispatches: true, rotates: true)
                == [.redispatch, .redispatch, .giveUp]
        )
        // Without `option redispatch` a session stays with its server.
        #expect(run([.refused], retries: 2, rotates: true) == [.retry(after: 500)])
    }

    @Test(arguments: [0, -1])
    func withoutRetries(retries: Int) {
        #expect(run([.refused, .refused], retries: retries, redispatches: true) == [.giveUp, .giveUp])
    }

    @Test func countsWhatItUsed() {
        var machine = RetryMachine(retries: 2, redispatches: false, connectTimeout: nil)
        #expect(machine.used == 0)
        for _ in 0..<5 { _ = machine.connectFailed(.refused, mayChangeAtOnce: false) }
        #expect(machine.used == 2)
    }
}
