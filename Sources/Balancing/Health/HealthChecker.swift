// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Checks one server again and again until it is stopped.
final class HealthChecker: Sendable {
    private struct State: Sendable {
        var isStopped = false
        /// What begins the next check; nil while one is under way.
        var timer: Scheduled<Void>?
        var due = NIODeadline.uptimeNanoseconds(0)
        /// Somebody was in a hurry while a check was under way: the next one is early as well.
        var isHurried = false
    }

    let server: Server
    private let backend: Backend
    private let loop: any EventLoop
    private let plan: CheckPlan
    private let poolTrouble: @Sendable () -> String?
    private let state = Mutex(State())

    /// - Parameter poolTrouble: why pools of this process can take no mail now; nil: they can.
    init(server: Server, backend: Backend, loop: any EventLoop, poolTrouble: @escaping @Sendable () -> String?) {
        self.server = server
        self.backend = backend
        self.loop = loop
        self.poolTrouble = poolTrouble
        plan = CheckPlan(server.settings, in: backend.settings)
        server.hurry.withLock { hurry in hurry = { [weak self] in self?.hurry() } }
    }

    /// - Parameter delay: milliseconds until the first check; checks of a backend begin spread over their interval.
    func start(after delay: Int) {
        state.withLock { state in
            guard !state.isStopped else { return }
            let early = state.isHurried ? server.settings.checkFastInterval : nil
            state.isHurried = false
            schedule(.now() + .milliseconds(Int64(max(0, min(delay, early ?? delay)))), &state)
        }
    }

    private func schedule(_ due: NIODeadline, _ state: inout State) {
        state.due = due
        state.timer = loop.scheduleTask(deadline: due) { self.check() }
    }

    /// Sessions had trouble with the server: the next check comes after `fastinter`, where that is set and is sooner.
    func hurry() {
        guard let interval = server.settings.checkFastInterval else { return }
        let due = NIODeadline.now() + .milliseconds(Int64(interval))
        state.withLock { state in
            guard !state.isStopped else { return }
            guard let timer = state.timer else {
                state.isHurried = true
                return
            }
            guard due < state.due else { return }
            timer.cancel()
            schedule(due, &state)
        }
    }

    func stop() {
        let timer = state.withLock { state in
            state.isStopped = true
            return state.timer
        }
        timer?.cancel()
    }

    private func check() {
        let isStopped = state.withLock { state in
            state.timer = nil
            return state.isStopped
        }
        guard !isStopped else { return }
        guard backend.wantsCheck(server.name) else {
            start(after: server.settings.checkInterval)
            return
        }
        result().whenSuccess { result in
            guard !self.state.withLock({ $0.isStopped }),
                let pace = self.backend.checked(self.server, result)
            else { return }
            self.start(after: self.interval(pace))
        }
    }

    /// A pool of this process is asked the only question that matters, whether it could commit a message; others get a dialogue.
    private func result() -> EventLoopFuture<CheckResult> {
        guard server.isPool else { return ServerProbe.run(plan, on: loop) }
        return loop.makeSucceededFuture(CheckResult(ofPoolWith: poolTrouble()))
    }

    private func interval(_ pace: HealthMachine.Pace) -> Int {
        let settings = server.settings
        switch pace {
        case .normal: return settings.checkInterval
        case .fast: return settings.checkFastInterval ?? settings.checkInterval
        case .down: return settings.checkDownInterval ?? settings.checkInterval
        }
    }
}
