// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The time limit of the step a dialogue is at. One timer serves all steps: it is only moved when it would be late.
final class StepClock {
    /// Called on the loop when a step took too long.
    var passed: () -> Void = {}
    private var deadline: NIODeadline?
    private var timer: Scheduled<Void>?
    private var timerTime = NIODeadline.distantFuture

    /// Begins a step that may take so many milliseconds, or as long as it likes; on `loop`.
    func arm(_ limit: Int?, on loop: any EventLoop) {
        guard let limit else { return rest() }
        let time = NIODeadline.now() + .milliseconds(Int64(clamping: max(1, limit)))
        deadline = time
        if timer == nil || time < timerTime { schedule(at: time, loop) }
    }

    /// Nothing has to happen in time for now.
    func rest() {
        deadline = nil
    }

    /// The dialogue is over.
    func stop() {
        timer?.cancel()
        timer = nil
    }

    private func schedule(at time: NIODeadline, _ loop: any EventLoop) {
        timer?.cancel()
        timerTime = time
        timer = loop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in self?.fired(loop) }
    }

    private func fired(_ loop: any EventLoop) {
        timer = nil
        timerTime = .distantFuture
        guard let deadline else { return }
        guard NIODeadline.now() >= deadline else { return schedule(at: deadline, loop) }
        passed()
    }
}
