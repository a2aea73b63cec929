// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Spooling
package import Statistics
import Synchronization

/// Owns everything on its way out: the schedule, the destinations' connections, and what becomes of each recipient.
package final class Courier: Sendable {
    private struct State {
        var settings: DeliverySettings
        var destination: Destination?
        var hasWarned = false
    }

    /// Counters for `show info`, the page and metrics.
    package let statistics: DeliveryStatistics
    private let spool: any Spool
    private let sink: any LogSink
    private let now: @Sendable () -> Int64
    private let loops: [any EventLoop]
    private let boxes: [NIOLoopBoundBox<Lane>]
    private let lanes: LaneSet
    private let active: ActiveQueue
    private let runner: QueueRunner
    private let encryption: DeliveryEncryption
    private let state: Mutex<State>
    /// Whether there is a next hop at all; read for every message.
    private let hasDestination: Atomic<Bool>
    private let turn = Atomic<Int>(0)

    /// - Parameters:
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - lookUp: how names of next hops are looked up; nil: by the host's resolver.
    package init(
        settings: DeliverySettings,
        spool: any Spool,
        group: any EventLoopGroup,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        lookUp: HostLookup? = nil
    ) {
        let loops = group.makeIterator().map { $0 }
        let lanes = LaneSet()
        let statistics = DeliveryStatistics()
        let active = ActiveQueue(limit: settings.activeLimit, count: statistics.active)
        let destination = settings.relayHost.map {
            Destination($0, limit: settings.concurrencyLimit, lanes: loops.count)
        }
        let encryption = DeliveryEncryption(settings, log: log)
        let turn = Counter()
        let runner = QueueRunner(
            spool: spool,
            active: active,
            loop: loops[0],
            delay: settings.queueRunDelay,
            now: now,
            warn: { DeliveryLog(log, syslogName: settings.syslogName).warning($0) },
            deliver: { messages in
                for message in messages {
                    lanes.on(turn.add() % loops.count) { $0.accept(message) }
                }
            }
        )
        boxes = loops.enumerated().map { index, loop in
            NIOLoopBoundBox.makeBoxSendingValue(
                Lane(
                    index: index,
                    loop: loop,
                    spool: spool,
                    settings: settings,
                    destination: destination,
                    statistics: statistics,
                    active: active,
                    runner: runner,
                    lanes: lanes,
                    log: log,
                    now: now,
                    lookUp: lookUp,
                    encryption: encryption
                ),
                eventLoop: loop
            )
        }
        lanes.fill(boxes)
        self.loops = loops
        self.encryption = encryption
        self.lanes = lanes
        self.statistics = statistics
        self.active = active
        self.runner = runner
        self.spool = spool
        self.now = now
        sink = log
        state = Mutex(State(settings: settings, destination: destination))
        hasDestination = Atomic(destination != nil)
    }

    /// Takes what the spool holds and starts delivering.
    package func start() async {
        guard hasDestination.load(ordering: .relaxed) else { return warnOnce() }
        await runner.start()
    }

    /// A message was just committed: delivers it at once when there is room, else it waits in the spool.
    ///
    /// Called on the event loop of the session that received it, which is also where it will be delivered.
    package func deliver(_ message: QueuedMessage) {
        guard hasDestination.load(ordering: .relaxed) else { return warnOnce() }
        guard !message.envelope.held, active.admit(message.envelope.id) else { return }
        for (loop, box) in zip(loops, boxes) where loop.inEventLoop {
            return box.value.accept(message)
        }
        let index = Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue.magnitude % UInt(boxes.count))
        let box = boxes[index]
        loops[index].execute { box.value.accept(message) }
    }

    /// `queue flush`: everything pending is tried now.
    package func flush() {
        state.withLock { $0.destination }?.revive()
        lanes.each { $0.revive() }
        let spool = spool
        let runner = runner
        let time = now()
        HopDialer.offLoop {
            var last: QueueID?
            // why: no end but the queue's own; each page begins after the last id of the one before.
            while let page = try? spool.list(after: last, limit: Courier.page), let end = page.last?.id {
                _ = try? spool.change(page.map(\.id), .reschedule(time))
                last = end
            }
            runner.look()
        }
    }

    /// Messages that `flush` makes due at a time.
    private static let page = 500

    /// Operators changed these messages in the spool: the courier drops or looks again at what it has of them.
    package func changed(_ ids: [QueueID], _ change: QueueChange) {
        switch change {
        case .hold, .delete:
            let ids = Set(ids)
            lanes.each { $0.changed(ids, change) }
        case .release:
            runner.look()
        case .reschedule(let time):
            if time <= now() { runner.look() } else { runner.wake(at: time) }
        }
    }

    /// Takes new settings for later attempts.
    package func reload(_ settings: DeliverySettings) {
        let (destination, begins) = state.withLock { state in
            let former = state.settings
            let isSame =
                former.relayHost == settings.relayHost && former.concurrencyLimit == settings.concurrencyLimit
            let begins = former.relayHost == nil && settings.relayHost != nil
            if !isSame {
                state.destination = settings.relayHost.map {
                    Destination($0, limit: settings.concurrencyLimit, lanes: boxes.count)
                }
            }
            state.settings = settings
            state.hasWarned = state.hasWarned && settings.relayHost == nil
            return (state.destination, begins)
        }
        encryption.use(settings)
        active.change(limit: settings.activeLimit)
        runner.change(delay: settings.queueRunDelay)
        hasDestination.store(destination != nil, ordering: .relaxed)
        lanes.each { $0.reload(settings, destination: destination) }
        if destination == nil {
            runner.stop()
            warnOnce()
        } else if begins {
            runner.resume()
        } else {
            runner.look()
        }
    }

    /// Finishes attempts that wait for the reply to a final dot, gives up the others without a result, and returns when
    /// every result is recorded or `grace` milliseconds have passed.
    package func shutDown(grace: Int) async {
        runner.stop()
        hasDestination.store(false, ordering: .relaxed)
        state.withLock { $0.hasWarned = true }
        let ends = zip(loops, boxes).map { loop, box in
            let promise = loop.makePromise(of: Void.self)
            loop.execute { box.value.stop(promise) }
            loop.scheduleTask(in: .milliseconds(Int64(clamping: max(0, grace)))) { box.value.stopNow() }
            return promise.futureResult
        }
        for end in ends { _ = try? await end.get() }
        lanes.fill([])
    }

    private func warnOnce() {
        let settings = state.withLock { state -> DeliverySettings? in
            defer { state.hasWarned = true }
            return state.hasWarned ? nil : state.settings
        }
        guard let settings else { return }
        DeliveryLog(sink, syslogName: settings.syslogName)
            .warning("no relayhost is configured: mail is accepted and waits in the queue")
    }
}
