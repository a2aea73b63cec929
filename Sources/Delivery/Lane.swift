// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling
import Statistics

/// Everything about delivery that lives on one event loop: messages that wait for a connection, and the connections.
///
/// A message is delivered on the loop that committed it, so nothing of the usual way crosses threads or takes a lock but
/// the spool itself. What became of a message is in `Lane+Results`.
final class Lane {
    let index: Int
    let loop: any EventLoop
    let spool: any Spool
    let statistics: DeliveryStatistics
    let active: ActiveQueue
    let runner: QueueRunner
    let lanes: LaneSet
    let now: @Sendable () -> Int64
    private let sink: any LogSink
    private(set) var settings: DeliverySettings
    private(set) var log: DeliveryLog
    private var share: LaneShare?
    /// Messages that wait for a connection.
    private var queue = CircularBuffer<DeliveryRequest>()
    /// Connections without a message; the one used last is taken first.
    private var idle: [DialogueHandler] = []
    private var open: [ObjectIdentifier: DialogueHandler] = [:]
    /// Requests whose results are being recorded or reported.
    var unfinished = 0
    private(set) var isStopping = false
    private var stopped: EventLoopPromise<Void>?
    private var pausedUntil: Int64 = 0

    init(
        index: Int,
        loop: any EventLoop,
        spool: any Spool,
        settings: DeliverySettings,
        destination: Destination?,
        statistics: DeliveryStatistics,
        active: ActiveQueue,
        runner: QueueRunner,
        lanes: LaneSet,
        log: any LogSink,
        now: @escaping @Sendable () -> Int64
    ) {
        self.index = index
        self.loop = loop
        self.spool = spool
        self.settings = settings
        self.statistics = statistics
        self.active = active
        self.runner = runner
        self.lanes = lanes
        self.now = now
        sink = log
        self.log = DeliveryLog(log, syslogName: settings.syslogName)
        share = destination.map { LaneShare($0, lane: index) }
    }

    // MARK: messages

    /// Takes a message that the active queue admitted.
    func accept(_ message: QueuedMessage) {
        let time = now()
        let request = DeliveryRequest(message, now: time)
        guard !isStopping, share != nil, !message.envelope.held, !request.remaining.isEmpty else {
            return release(request, at: time)
        }
        log.activated(request)
        queue.append(request)
        pump()
    }

    /// Gives waiting messages to connections, and opens connections where there are too few.
    func pump() {
        guard !isStopping else { return }
        while !queue.isEmpty {
            if let handler = idle.popLast() {
                start(queue.removeFirst(), on: handler)
                continue
            }
            guard let share, share.connecting < queue.count, openConnection(share) else { return }
        }
    }

    private func start(_ request: DeliveryRequest, on handler: DialogueHandler) {
        request.begin(limit: settings.recipientLimit, now: now())
        handler.begin(request)
    }

    /// The message leaves memory: it is gone, or waits in the spool.
    func release(_ request: DeliveryRequest, at time: Int64) {
        if active.leave(request.envelope.id, arrival: request.envelope.arrival, now: time) { runner.look() }
        if let due = request.due { runner.wake(at: due) }
    }

    /// Operators changed messages: those that wait here are dropped, those under way are finished.
    func changed(_ ids: Set<QueueID>, _ change: QueueChange) {
        switch change {
        case .hold, .delete:
            let time = now()
            queue.removeAll { request in
                guard ids.contains(request.envelope.id), request.unrecorded == 0, request.failed.isEmpty else {
                    return false
                }
                release(request, at: time)
                return true
            }
        case .release, .reschedule: break
        }
    }

    // MARK: connections

    /// Opens a connection if destination and limit allow; true when one is on the way.
    private func openConnection(_ share: LaneShare) -> Bool {
        let time = now()
        guard time >= pausedUntil, share.take() else { return false }
        switch share.destination.wantsConnection(now: time) {
        case .open: break
        case .wait(let until):
            giveBack(share)
            if let until { pause(until: until, at: time) }
            return false
        case .suspended(let suspension):
            giveBack(share)
            suspend(suspension, at: time)
            return false
        }
        share.connecting += 1
        let hop = share.destination.hop
        HopDialer.connect(to: hop, on: loop, timeout: settings.connectTimeout).assumeIsolated().whenComplete { result in
            share.connecting -= 1
            switch result {
            case .success(let channel): self.connected(channel, share, since: time)
            case .failure(let error): self.connectFailed(HopDialer.failure(error, connectingTo: hop), share)
            }
        }
        return true
    }

    private func connected(_ channel: any Channel, _ share: LaneShare, since time: Int64) {
        guard !isStopping, channel.isActive else {
            share.destination.connectAbandoned()
            giveBack(share)
            channel.close(promise: nil)
            return pump()
        }
        let relay = Relay(share.destination.hop, address: channel.remoteAddress?.ipAddress)
        let handler = DialogueHandler(lane: self, share: share, relay: relay, settings: settings, opened: time)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            share.destination.connectAbandoned()
            giveBack(share)
            return channel.close(promise: nil)
        }
        // why: until EHLO is through the connection is still on its way for those who wait.
        share.connecting += 1
        open[ObjectIdentifier(handler)] = handler
        statistics.connections.enter()
    }

    private func connectFailed(_ failure: HopDialer.Failure, _ share: LaneShare) {
        let relay = Relay(share.destination.hop, address: failure.address)
        statistics.connectFailures.add()
        log.connectFailed(relay, failure.reason)
        giveBack(share)
        unreachable(
            share,
            RecipientResult(.deferred, dsn: failure.dsn, text: "connect to \(relay.label): \(failure.reason)"),
            relay: nil
        )
    }

    /// The server refused in greeting or EHLO, or broke there.
    func refused(_ handler: DialogueHandler, _ verdict: Verdict) {
        statistics.connectFailures.add()
        count(verdict)
        let result = RecipientResult(verdict, from: handler.relay, size: 0)
        unreachable(handler.share, result, relay: handler.relay)
    }

    /// No connection came about: all that waits is deferred if the destination is given up for now.
    private func unreachable(_ share: LaneShare, _ result: RecipientResult, relay: Relay?) {
        let time = now()
        let consequence = share.destination.connectFailed(
            now: time,
            dsn: result.dsn,
            reason: result.text,
            backoff: Backoff(settings)
        )
        guard share === self.share else { return pump() }
        switch consequence {
        case .none, .wait:
            pump()
        case .suspend(let suspension):
            if let first = queue.popFirst() {
                deferAll(first, result, relay: relay, until: suspension.until, wasAsked: true)
            }
            announce(suspension, at: time)
        }
    }

    /// Tells every lane that the destination is given up for now.
    func announce(_ suspension: DestinationMachine.Suspension, at time: Int64) {
        statistics.suspensions.add()
        suspend(suspension, at: time)
        let index = index
        lanes.each { lane in if lane.index != index { lane.pump() } }
    }

    private func suspend(_ suspension: DestinationMachine.Suspension, at time: Int64) {
        let waiting = queue
        queue = CircularBuffer()
        let result = RecipientResult(
            .deferred,
            dsn: suspension.dsn,
            text: "delivery temporarily suspended: \(suspension.reason)"
        )
        for request in waiting {
            deferAll(request, result, relay: nil, until: suspension.until, wasAsked: false)
        }
    }

    /// Greeting and EHLO are through, or a transaction is over: the connection takes the next message.
    func becameReady(_ handler: DialogueHandler) {
        if open[ObjectIdentifier(handler)] == nil { return handler.quit() }
        if handler.isFresh {
            handler.isFresh = false
            handler.share.connecting -= 1
            if handler.share.destination.connected() {
                let index = index
                lanes.each { lane in if lane.index != index { lane.pump() } }
            }
        }
        let isTooOld = handler.opened + Int64(clamping: settings.connectionReuseLimit) < now()
        if isStopping || handler.share !== share || (handler.isUsed && (isTooOld || handler.share.isGreedy)) {
            return handler.quit()
        }
        if let request = queue.popFirst() {
            request.connecting = handler.isUsed ? 0 : handler.setUpTime
            handler.isUsed = true
            start(request, on: handler)
        } else {
            idle.append(handler)
        }
    }

    /// A connection has been without a message for long enough.
    func idledOut(_ handler: DialogueHandler) {
        idle.removeAll { $0 === handler }
        handler.quit()
    }

    /// A connection is gone.
    func closed(_ handler: DialogueHandler) {
        guard open.removeValue(forKey: ObjectIdentifier(handler)) != nil else { return }
        idle.removeAll { $0 === handler }
        statistics.connections.leave()
        if handler.isFresh {
            handler.share.connecting -= 1
            handler.share.destination.connectAbandoned()
        } else {
            handler.share.destination.disconnected()
        }
        giveBack(handler.share)
        pump()
        finishStopping()
    }

    /// A kept connection turned out to be dead before it took the message: the next one does, at once.
    func gaveBack(_ request: DeliveryRequest) {
        request.giveBack()
        guard !isStopping else { return conclude(request, at: now()) }
        queue.prepend(request)
        pump()
    }

    /// A message with recipients left goes on with the next of them.
    func goOn(_ request: DeliveryRequest) {
        queue.prepend(request)
    }

    private func giveBack(_ share: LaneShare) {
        let wanting = share.give()
        if wanting != 0 { lanes.each(in: wanting) { $0.pump() } }
    }

    /// Looks at the queue again later, because no connection may be opened before.
    private func pause(until: Int64, at time: Int64) {
        guard until > time else { return }
        pausedUntil = until
        loop.assumeIsolated().scheduleTask(in: .milliseconds(until - time)) { [weak self] in
            guard let self else { return }
            pausedUntil = 0
            pump()
        }
    }

    // MARK: settings and the end

    /// Takes new settings; connections to a destination that is no longer the configured one end after their message.
    func reload(_ settings: DeliverySettings, destination: Destination?) {
        self.settings = settings
        log = DeliveryLog(sink, syslogName: settings.syslogName)
        if share?.destination !== destination {
            share = destination.map { LaneShare($0, lane: index) }
            let former = idle
            idle = []
            for handler in former { handler.quit() }
        }
        pausedUntil = 0
        pump()
    }

    /// Everything for the destination may be tried again.
    func revive() {
        pausedUntil = 0
        pump()
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
        let waiting = queue
        queue = CircularBuffer()
        for request in waiting { abandon(request, at: time) }
        for handler in Array(open.values) where !handler.isBeyondRecall {
            if handler.request == nil {
                handler.quit()
            } else if let request = handler.giveUp() {
                request.giveBack()
                abandon(request, at: time)
            }
        }
        idle = []
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
    private func abandon(_ request: DeliveryRequest, at time: Int64) {
        _ = request.takeRemaining()
        conclude(request, at: time)
    }
}
