// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import Resolving
package import Spooling
package import Statistics
import Synchronization

/// Owns everything on its way out: the schedule, the destinations' connections, and what becomes of each recipient.
package final class Courier: Sendable {
    /// How often lanes look whether a slow destination takes the others' room.
    private static let trimInterval = TimeAmount.seconds(2)

    private struct State {
        var settings: DeliverySettings
        var hasWarned = false
    }

    /// Counters for `show info`, the page and metrics.
    package let statistics: DeliveryStatistics
    let spool: any Spool
    private let sink: any LogSink
    let now: @Sendable () -> Int64
    private let loops: [any EventLoop]
    private let boxes: [NIOLoopBoundBox<Lane>]
    let lanes: LaneSet
    let active: ActiveQueue
    let runner: QueueRunner
    let destinations: Destinations
    let shelf: TransportShelf
    private let resolver: Resolver?
    private let encryption: DeliveryEncryption
    private let state: Mutex<State>
    /// Whether mail goes out at all; read for every message.
    private let isDelivering: Atomic<Bool>
    private let turn = Atomic<Int>(0)

    /// - Parameters:
    ///   - now: the wall clock, milliseconds since 1970.
    ///   - resolver: who is asked for mail exchangers and addresses; nil: nobody is asked for the first, and the host for
    ///     the second.
    ///   - files: how tables are read. Those of `settings` are read before this returns.
    package init(
        settings: DeliverySettings,
        spool: any Spool,
        group: any EventLoopGroup,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        resolver: Resolver? = nil,
        files: FileAccess = .none
    ) {
        let loops = group.makeIterator().map { $0 }
        let lanes = LaneSet()
        let statistics = DeliveryStatistics()
        let active = ActiveQueue(limit: settings.activeLimit, count: statistics.active)
        let destinations = Destinations(settings, lanes: loops.count)
        let encryption = DeliveryEncryption(settings, log: log)
        let turn = Counter()
        let runner = QueueRunner(
            spool: spool,
            active: active,
            loop: loops[0],
            delay: settings.queueRunDelay,
            now: now,
            warn: { DeliveryLog(log, syslogName: settings.syslogName).warning($0) },
            deliver: { rounds in
                for round in rounds {
                    lanes.on(turn.add() % loops.count) { $0.accept(round) }
                }
            }
        )
        let shelf = TransportShelf(
            settings,
            files: files,
            loop: loops[0],
            tell: { DeliveryLog(log, syslogName: settings.syslogName).notice($0) },
            changed: { shelf in lanes.each { $0.router = shelf.router } }
        )
        let router = shelf.load(settings)
        let search = HopResolver(resolver: resolver, settings: settings.routing, hostname: settings.hostname)
        boxes = loops.enumerated().map { index, loop in
            NIOLoopBoundBox.makeBoxSendingValue(
                Lane(
                    index: index,
                    loop: loop,
                    spool: spool,
                    settings: settings,
                    router: router,
                    resolver: search,
                    destinations: destinations,
                    statistics: statistics,
                    active: active,
                    runner: runner,
                    lanes: lanes,
                    log: log,
                    now: now,
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
        self.destinations = destinations
        self.shelf = shelf
        self.resolver = resolver
        self.spool = spool
        self.now = now
        sink = log
        state = Mutex(State(settings: settings))
        isDelivering = Atomic(!settings.routing.defersEverything)
    }

    /// Takes what the spool holds and starts delivering.
    package func start() async {
        for (loop, box) in zip(loops, boxes) {
            loop.scheduleRepeatedTask(initialDelay: Courier.trimInterval, delay: Courier.trimInterval) { task in
                if box.value.isStopping { task.cancel() } else { box.value.trim() }
            }
        }
        guard isDelivering.load(ordering: .relaxed) else { return warnOnce() }
        await runner.start()
    }

    /// A message was just committed: delivers it at once when there is room, else it waits in the spool.
    ///
    /// Called on the event loop of the session that received it, which is also where it will be delivered.
    package func deliver(_ message: QueuedMessage) {
        guard isDelivering.load(ordering: .relaxed) else { return warnOnce() }
        guard !message.envelope.held else { return }
        let round = DeliveryRound(message, now: now())
        guard active.admit(round) else { return }
        for (loop, box) in zip(loops, boxes) where loop.inEventLoop {
            return box.value.accept(round)
        }
        let index = Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue.magnitude % UInt(boxes.count))
        let box = boxes[index]
        loops[index].execute { box.value.accept(round) }
    }

    /// Takes new settings for later attempts. Waits for the disk where tables are new.
    package func reload(_ settings: DeliverySettings) {
        _ = shelf.load(settings)
        let former = state.withLock { state in
            defer {
                state.settings = settings
                state.hasWarned = state.hasWarned && settings.routing.defersEverything
            }
            return state.settings
        }
        encryption.use(settings)
        let isSame =
            former.relayHost == settings.relayHost && former.routing == settings.routing
            && former.concurrencyLimit == settings.concurrencyLimit && former.tls == settings.tls
        if !isSame { destinations.reset(settings) }
        active.change(limit: settings.activeLimit)
        runner.change(delay: settings.queueRunDelay)
        let isDelivering = !settings.routing.defersEverything
        self.isDelivering.store(isDelivering, ordering: .relaxed)
        let search = HopResolver(resolver: resolver, settings: settings.routing, hostname: settings.hostname)
        // why: a table may change meanwhile; each lane takes what is in force when it comes to it, and nobody an older one last.
        lanes.each { [shelf] in $0.reload(settings, router: shelf.router, resolver: search, isSame: isSame) }
        if !isDelivering {
            runner.stop()
            warnOnce()
        } else {
            runner.resume()
        }
    }

    /// Finishes attempts that wait for the reply to a final dot, gives up the others without a result, and returns when
    /// every result is recorded or `grace` milliseconds have passed.
    package func shutDown(grace: Int) async {
        runner.stop()
        isDelivering.store(false, ordering: .relaxed)
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
            .warning("defer_transports is set: mail is accepted and waits in the queue")
    }
}
