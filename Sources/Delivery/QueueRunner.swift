// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Spooling
import Synchronization

/// The watch over what waits in the spool: fetches messages that are due when there is room for them, and knows when to
/// look next (Postfix: a queue run).
///
/// One fetch at a time, off the event loops. At the latest every `queueRunDelay` the spool is asked, so that no message
/// depends on a timer that was set for it.
final class QueueRunner: Sendable {
    private struct State {
        var isRunning = false
        var isFetching = false
        var looksAgain = false
        var wakeTime = Int64.max
        var timer: Scheduled<Void>?
        var delay: Int
        var waiters: [@Sendable () -> Void] = []
    }

    /// After an error of the spool it is asked again no later than this, in milliseconds.
    private static let errorDelay: Int64 = 10_000

    private let spool: any Spool
    private let active: ActiveQueue
    private let loop: any EventLoop
    private let now: @Sendable () -> Int64
    private let deliver: @Sendable ([DeliveryRound]) -> Void
    private let warn: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - delay: `queueRunDelay`, milliseconds.
    ///   - deliver: takes fetched messages, which the active queue has admitted.
    init(
        spool: any Spool,
        active: ActiveQueue,
        loop: any EventLoop,
        delay: Int,
        now: @escaping @Sendable () -> Int64,
        warn: @escaping @Sendable (String) -> Void,
        deliver: @escaping @Sendable ([DeliveryRound]) -> Void
    ) {
        self.spool = spool
        self.active = active
        self.loop = loop
        self.now = now
        self.warn = warn
        self.deliver = deliver
        state = Mutex(State(delay: delay))
    }

    /// Begins to watch; returns when the first messages have been fetched.
    func start() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.isRunning = true
                state.waiters.append { continuation.resume() }
            }
            look()
        }
    }

    /// Begins to watch, or looks again, without waiting for an answer.
    func resume() {
        state.withLock { $0.isRunning = true }
        look()
    }

    func stop() {
        let waiters = state.withLock { state in
            state.isRunning = false
            state.timer?.cancel()
            state.timer = nil
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter() }
    }

    func change(delay: Int) {
        state.withLock { $0.delay = delay }
    }

    /// Looks for due messages now.
    func look() {
        let begins = state.withLock { state in
            guard state.isRunning else { return false }
            guard !state.isFetching else {
                state.looksAgain = true
                return false
            }
            state.isFetching = true
            state.timer?.cancel()
            state.timer = nil
            state.wakeTime = .max
            return true
        }
        guard begins else { return }
        let time = now()
        guard let (limit, excluding) = active.beginFetch(now: time) else {
            // why: no room. A message that leaves looks again, and the timer does as well.
            return finish(next: nil, again: false)
        }
        HopDialer.offLoop { [self] in fetch(at: time, limit, excluding) }
    }

    /// Something is due at this time: looks then, unless it looks earlier anyway.
    func wake(at time: Int64) {
        state.withLock { state in
            guard time < state.wakeTime, state.isRunning else { return }
            // why: a fetch under way sets the timer itself and takes the earliest time that is known by then.
            state.wakeTime = time
            guard !state.isFetching else { return }
            arm(&state)
        }
    }

    private func fetch(at time: Int64, _ limit: Int, _ excluding: Set<QueueID>) {
        do throws(SpoolError) {
            let (messages, next) = try spool.due(at: time, limit: limit, excluding: excluding)
            // why: with an empty answer `next` in the past would make this a busy loop.
            let hasMore = !messages.isEmpty && (next.map { $0 <= time } ?? false)
            let (admitted, looksAgain) = active.endFetch(messages, hasMore: hasMore, now: now())
            deliver(admitted)
            finish(next: hasMore ? nil : next.map { max($0, time + 1) }, again: looksAgain)
        } catch {
            _ = active.endFetch([], hasMore: false, now: time)
            if error != .closing { warn("cannot read the queue: \(error)") }
            finish(next: now() + QueueRunner.errorDelay, again: false)
        }
    }

    private func finish(next: Int64?, again: Bool) {
        let (waiters, looksAgain) = state.withLock { state in
            state.isFetching = false
            let looksAgain = state.looksAgain || again
            state.looksAgain = false
            state.wakeTime = min(
                state.wakeTime,
                next ?? .max,
                now() + Int64(clamping: max(1, state.delay))
            )
            if state.isRunning, !looksAgain { arm(&state) }
            defer { state.waiters = [] }
            return (state.waiters, looksAgain)
        }
        for waiter in waiters { waiter() }
        if looksAgain { look() }
    }

    private func arm(_ state: inout State) {
        state.timer?.cancel()
        let wait = max(1, state.wakeTime - now())
        state.timer = loop.scheduleTask(in: .milliseconds(wait)) { [self] in look() }
    }
}
