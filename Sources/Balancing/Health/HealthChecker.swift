// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Checks one server again and again until it is stopped.
final class HealthChecker: Sendable {
    private struct State: Sendable {
        var isStopped = false
        var timer: Scheduled<Void>?
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
    }

    /// - Parameter delay: milliseconds until the first check; checks of a backend begin spread over their interval.
    func start(after delay: Int) {
        state.withLock { state in
            guard !state.isStopped else { return }
            state.timer = loop.scheduleTask(in: .milliseconds(Int64(max(0, delay)))) { self.check() }
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
        guard !state.withLock({ $0.isStopped }) else { return }
        guard backend.wantsCheck(server.name) else {
            start(after: server.settings.checkInterval)
            return
        }
        result().whenSuccess { result in
            guard !self.state.withLock({ $0.isStopped }),
                let pace = self.backend.checked(self.server.name, result)
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
