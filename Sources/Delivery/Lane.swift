// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling
import Statistics

/// Everything about delivery that lives on one event loop: messages that wait for a connection, and the connections.
///
/// A message is delivered on the loop that committed it, so nothing of the usual way crosses threads or takes a lock
/// but the spool itself. Connections come and go in `Lane+Connections`; what became of a message is in `Lane+Results`.
final class Lane {
    let index: Int
    let loop: any EventLoop
    let spool: any Spool
    let statistics: DeliveryStatistics
    let active: ActiveQueue
    let runner: QueueRunner
    let lanes: LaneSet
    let now: @Sendable () -> Int64
    let lookUp: HostLookup?
    let encryption: DeliveryEncryption
    private let sink: any LogSink
    var settings: DeliverySettings
    var log: DeliveryLog
    var share: LaneShare?
    /// Messages that wait for a connection.
    var queue = CircularBuffer<DeliveryRequest>()
    /// Connections without a message; the one used last is taken first.
    var idle: [DialogueHandler] = []
    var open: [ObjectIdentifier: DialogueHandler] = [:]
    /// Requests whose results are being recorded or reported.
    var unfinished = 0
    var isStopping = false
    private var stopped: EventLoopPromise<Void>?
    var pausedUntil: Int64 = 0

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
        now: @escaping @Sendable () -> Int64,
        lookUp: HostLookup?,
        encryption: DeliveryEncryption
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
        self.lookUp = lookUp
        self.encryption = encryption
        sink = log
        self.log = DeliveryLog(log, syslogName: settings.syslogName)
        share = destination.map { LaneShare($0, lane: index) }
    }

    // MARK: messages

    /// Takes a message that the active queue admitted.
    func accept(_ message: QueuedMessage) {
        if let share, share.destination.lane(for: index) != index {
            // why: fewer connections are allowed than there are lanes, and this one has none.
            return lanes.on(share.destination.lane(for: index)) { $0.accept(message) }
        }
        let time = now()
        let request = DeliveryRequest(message, now: time)
        guard !isStopping, share != nil, !message.envelope.held else { return release(request, at: time) }
        guard !request.remaining.isEmpty else {
            // why: nothing of it is due yet where the clock was set back.
            request.due = message.envelope.recipients.filter { $0.state == .pending }.map(\.due).min()
            return release(request, at: time)
        }
        log.activated(request)
        queue.append(request)
        pump()
    }

    /// Takes a message over from a lane that has no connection for it.
    func adopt(_ message: QueuedMessage, activated: Int64) {
        let request = DeliveryRequest(message, now: activated)
        guard !isStopping, share != nil, !request.remaining.isEmpty else { return release(request, at: now()) }
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

    func start(_ request: DeliveryRequest, on handler: DialogueHandler) {
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
        guard share != nil else {
            // why: with nowhere to go, mail waits in the spool and not in memory.
            let waiting = queue
            queue = CircularBuffer()
            for request in waiting { abandon(request, at: now()) }
            return
        }
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
