// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling
import Statistics

/// Everything about delivery that lives on one event loop: for each destination the messages that wait for a connection,
/// and the connections.
///
/// A message is delivered on the loop that committed it, so nothing of the usual way crosses threads or takes a lock
/// but the spool itself. Where messages go is decided in `Lane+Routes`; connections come and go in `Lane+Connections`;
/// what became of a message is in `Lane+Results`.
final class Lane {
    let index: Int
    let loop: any EventLoop
    let spool: any Spool
    let statistics: DeliveryStatistics
    let active: ActiveQueue
    let runner: QueueRunner
    let lanes: LaneSet
    let destinations: Destinations
    let now: @Sendable () -> Int64
    let encryption: DeliveryEncryption
    private let sink: any LogSink
    var settings: DeliverySettings
    var router: Router
    var resolver: HopResolver
    var log: DeliveryLog
    var shares: [DeliverySettings.NextHop: LaneShare] = [:]
    var open: [ObjectIdentifier: DialogueHandler] = [:]
    /// Shares that wait until a connection to any destination ends.
    var starved = CircularBuffer<LaneShare>()
    var hasStarvationTimer = false
    /// Searches for one message each, until a connection takes it.
    var failovers: [ObjectIdentifier: HopWalk] = [:]
    /// Requests whose results are being recorded or reported.
    var unfinished = 0
    var isStopping = false
    private var stopped: EventLoopPromise<Void>?

    init(
        index: Int,
        loop: any EventLoop,
        spool: any Spool,
        settings: DeliverySettings,
        router: Router,
        resolver: HopResolver,
        destinations: Destinations,
        statistics: DeliveryStatistics,
        active: ActiveQueue,
        runner: QueueRunner,
        lanes: LaneSet,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64,
        encryption: DeliveryEncryption
    ) {
        self.index = index
        self.loop = loop
        self.spool = spool
        self.settings = settings
        self.router = router
        self.resolver = resolver
        self.destinations = destinations
        self.statistics = statistics
        self.active = active
        self.runner = runner
        self.lanes = lanes
        self.now = now
        self.encryption = encryption
        sink = log
        self.log = DeliveryLog(log, syslogName: settings.syslogName)
    }

    // MARK: messages

    /// Gives waiting messages to connections, and opens connections where there are too few.
    func pump(_ share: LaneShare) {
        guard !isStopping else { return }
        openFailovers(share)
        while !share.queue.isEmpty {
            if let handler = share.idle.popLast() {
                guard let request = share.next() else {
                    share.idle.append(handler)
                    return
                }
                start(request, on: handler)
                continue
            }
            guard share.connecting < share.queue.count, openConnection(share) else { return }
        }
    }

    /// The same for a destination that has news, where this lane has a share in it.
    func pump(_ destination: Destination) {
        guard let share = shares[destination.hop], share.destination === destination else { return }
        pump(share)
    }

    func start(_ request: DeliveryRequest, on handler: DialogueHandler) {
        handler.served += 1
        request.begin(limit: settings.recipientLimit, now: now())
        handler.begin(request)
    }

    /// The message leaves memory: it is gone, or waits in the spool.
    func release(_ round: DeliveryRound, at time: Int64) {
        if active.leave(round, now: time) { runner.look() }
        if let due = round.due { runner.wake(at: due) }
    }

    /// Operators took messages back: those that wait here are dropped.
    func purge() {
        for share in Array(shares.values) where !share.queue.isEmpty {
            share.queue.removeAll { $0.round.isWithdrawn }
            forgetIfUnused(share)
        }
    }

    // MARK: settings and the end

    /// Takes new settings.
    ///
    /// - Parameter isSame: whether mail goes where it went; otherwise connections end after their message, and what waits
    ///   is routed again.
    func reload(_ settings: DeliverySettings, router: Router, resolver: HopResolver, isSame: Bool) {
        let deferred = self.settings.routing.defersEverything
        self.settings = settings
        self.router = router
        self.resolver = resolver
        log = DeliveryLog(sink, syslogName: settings.syslogName)
        guard !isSame else { return revive() }
        let former = Array(shares.values)
        shares = [:]
        for share in starved {
            share.isStarved = false
            destinations.starvesNoMore()
        }
        starved = CircularBuffer()
        var waiting: [DeliveryRequest] = []
        for share in former {
            // why: one that was taken after the destinations were made new is among them.
            destinations.give(share.destination)
            share.isRetired = true
            waiting += share.queue
            share.queue = CircularBuffer()
            waiting += takeFailovers(of: share)
            let idle = share.idle
            share.idle = []
            for handler in idle { handler.quit() }
        }
        for request in waiting {
            // why: with nowhere to go, mail waits in the spool and not in memory.
            if settings.routing.defersEverything { abandon(request, at: now()) } else { reroute(request) }
        }
        // why: what was announced here before this lane knew was let go.
        if deferred, !settings.routing.defersEverything { runner.look() }
    }

    /// Everything may be tried again.
    func revive() {
        for share in Array(shares.values) {
            share.pausedUntil = 0
            pump(share)
        }
    }

    /// Finishes what waits for the reply to a final dot, gives up everything else, and keeps the promise when all
    /// results are recorded.
    func stop(_ promise: EventLoopPromise<Void>) {
        if let stopped {
            stopped.futureResult.cascade(to: promise)
            return
        }
        isStopping = true
        let time = now()
        for share in Array(shares.values) {
            let waiting = share.queue
            share.queue = CircularBuffer()
            for request in waiting { abandon(request, at: time) }
        }
        for walk in Array(failovers.values) {
            if let request = take(walk) { abandon(request, at: time) }
        }
        for handler in Array(open.values) where !handler.isBeyondRecall {
            if handler.request == nil {
                handler.quit()
            } else if let request = handler.giveUp() {
                request.giveBack()
                abandon(request, at: time)
            }
        }
        for share in shares.values { share.idle = [] }
        stopped = promise
        finishStopping()
    }

    /// The time for stopping is over.
    func stopNow() {
        stopped?.succeed(())
        for handler in Array(open.values) { _ = handler.giveUp() }
    }

    /// Keeps the promise of `stop` once nothing is on its way any more.
    func finishStopping() {
        guard let stopped, unfinished == 0, !open.values.contains(where: { $0.request != nil }) else { return }
        stopped.succeed(())
    }

    /// A request that ends without results for its remaining recipients; those it has are recorded.
    func abandon(_ request: DeliveryRequest, at time: Int64) {
        _ = request.takeRemaining()
        conclude(request, at: time)
    }
}
