// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// The connections of a lane: opened when messages wait, kept while they are of use, and what failures of theirs mean.
extension Lane {
    /// Opens a connection if destination and limits allow; true when one is on the way.
    func openConnection(_ share: LaneShare) -> Bool {
        let time = now()
        let hasTurn = share.hasTurn
        share.hasTurn = false
        guard time >= share.pausedUntil, share.take() else { return false }
        guard hasTurn || !destinations.isStarving, destinations.takeConnection() else {
            _ = share.give()
            starve(share)
            return false
        }
        switch share.destination.wantsConnection(now: time) {
        case .open: break
        case .wait(let until):
            giveBack(share)
            if let until {
                handOver(share)
                pause(share, until: until, at: time)
            }
            return false
        case .suspended(let suspension):
            giveBack(share)
            suspend(share, suspension)
            return false
        }
        share.connecting += 1
        let walk = HopWalk(share, opened: time, settings.routing)
        perform(walk.machine.next(), walk)
        return true
    }

    /// Tells every lane that the destination is given up for now.
    func announce(_ suspension: DestinationMachine.Suspension, _ share: LaneShare) {
        statistics.suspensions.add()
        suspend(share, suspension)
        tell(share.destination)
    }

    private func suspend(_ share: LaneShare, _ suspension: DestinationMachine.Suspension) {
        let result = RecipientResult(
            .deferred,
            dsn: suspension.dsn,
            text: "delivery temporarily suspended: \(suspension.reason)"
        )
        while let request = share.next() {
            deferAll(request, result, relay: nil, until: suspension.until, by: .error)
        }
    }

    // MARK: connections that are up

    /// Greeting and EHLO are through, or a transaction is over: the connection takes the next message.
    func becameReady(_ handler: DialogueHandler) {
        let share = handler.share
        if open[ObjectIdentifier(handler)] == nil { return handler.quit() }
        if handler.walk.isFailover { return failoverReady(handler) }
        if handler.standing == .opening {
            handler.standing = .up
            share.connecting -= 1
            share.ready += 1
            if share.destination.connected() {
                tell(share.destination)
                // why: what else waits here waited for this connection, to have others now. Later, as this one has no message yet.
                loop.assumeIsolated().execute { [self] in pump(share) }
            }
        }
        let isTooOld = handler.opened + Int64(clamping: settings.connectionReuseLimit) < now()
        // why: a message that goes on at another server waits for the right to a connection.
        let isWanted = !share.failovers.isEmpty
        if isStopping || share.isRetired || isWanted || (handler.isUsed && (isTooOld || share.isGreedy)) {
            return handler.quit()
        }
        if handler.isUsed, destinations.isStarving, share.queue.isEmpty || handler.served >= Lane.longestTurn {
            return handler.quit()
        }
        if let request = share.next() {
            request.connecting = handler.isUsed ? 0 : handler.setUpTime
            handler.isUsed = true
            start(request, on: handler)
        } else {
            share.idle.append(handler)
        }
    }

    /// A connection has been without a message for long enough.
    func idledOut(_ handler: DialogueHandler) {
        handler.share.idle.removeAll { $0 === handler }
        handler.quit()
    }

    /// A connection is gone.
    func closed(_ handler: DialogueHandler) {
        guard open.removeValue(forKey: ObjectIdentifier(handler)) != nil else { return }
        let share = handler.share
        share.idle.removeAll { $0 === handler }
        statistics.connections.leave()
        switch handler.standing {
        case .opening:
            share.connecting -= 1
            share.destination.connectAbandoned()
            tell(share.destination)
        case .up:
            share.ready -= 1
            share.destination.disconnected()
        case .apart:
            // why: a message that is left with the search would have no end.
            if failovers[ObjectIdentifier(handler.walk)] != nil {
                failoverEnded(handler.walk, RecipientResult(.broken(.lost, .greeting), from: handler.relay, size: 0))
            }
        case .refused: break
        }
        if handler.hasPermit { giveBack(share) }
        pump(share)
        forgetIfUnused(share)
        finishStopping()
    }

    /// A kept connection turned out to be dead before it took the message: the next one does, at once.
    func gaveBack(_ request: DeliveryRequest, from handler: DialogueHandler) {
        let share = handler.share
        // why: in a search for this message alone it would begin with the server that did not take it; and a server that
        // leaves every new connection would be called again and again without end.
        guard isStopping || (!handler.walk.isFailover && handler.machine.hasBegun) else {
            return finished(request, request.current.map { _ in .broken(.lost, .mail) }, on: handler)
        }
        request.giveBack()
        goOn(request, to: share)
        pump(share)
    }

    /// A message with recipients left goes on with the next of them.
    func goOn(_ request: DeliveryRequest, to share: LaneShare) {
        guard !isStopping else { return abandon(request, at: now()) }
        request.unclaim()
        if share.isRetired { return reroute(request) }
        share.queue.prepend(request)
    }

    /// The server takes no more connections, and this lane has none: its messages go to a lane that has one.
    private func handOver(_ share: LaneShare) {
        guard share.ready == 0, share.connecting == 0 else { return }
        guard let other = share.destination.connectedLane(besides: index) else { return }
        var kept = CircularBuffer<DeliveryRequest>()
        for request in share.queue {
            guard request.settled.isEmpty else {
                kept.append(request)
                continue
            }
            let round = request.round
            let recipients = request.takeRemaining()
            lanes.on(other) { $0.takeOver(round, recipients) }
        }
        share.queue = kept
    }

    // MARK: limits

    func giveBack(_ share: LaneShare) {
        let wanting = share.give()
        destinations.giveConnection()
        let destination = share.destination
        if wanting != 0 { lanes.each(in: wanting) { $0.pump(destination) } }
        if destinations.isStarving { lanes.each { $0.feed() } }
    }

    /// Messages a connection may take in a row while others wait for one.
    private static let longestTurn = 20
    private static let starvationPause: Int64 = 200

    /// There are as many connections as there may be: the share gets one that ends, and one that is idle ends at once.
    func starve(_ share: LaneShare) {
        if !share.isStarved {
            share.isStarved = true
            starved.append(share)
            destinations.starves()
        }
        if !yieldIdle() {
            let index = index
            lanes.each { lane in if lane.index != index { _ = lane.yieldIdle() } }
        }
        feedLater()
    }

    /// A share looks again after a moment, also when no connection ends.
    private func feedLater() {
        guard !hasStarvationTimer else { return }
        hasStarvationTimer = true
        loop.assumeIsolated().scheduleTask(in: .milliseconds(Lane.starvationPause)) { [weak self] in
            guard let self else { return }
            hasStarvationTimer = false
            feed()
        }
    }

    /// Ends a connection that waits for a message; false when there is none.
    private func yieldIdle() -> Bool {
        guard let idle = open.values.first(where: { $0.standing == .up && $0.isIdle }) else { return false }
        idledOut(idle)
        return true
    }

    /// Lets the share that has waited longest try again.
    private func feed() {
        guard !isStopping, let share = starved.popFirst() else { return }
        share.isStarved = false
        share.hasTurn = true
        destinations.starvesNoMore()
        loop.assumeIsolated().execute { [weak self] in
            guard let self else { return }
            pump(share)
            share.hasTurn = false
            forgetIfUnused(share)
            // why: a share that had no use for its turn has no connection either, whose end would be the next one's turn.
            if !starved.isEmpty { feedLater() }
        }
    }

    /// Looks at the queue again later, because no connection may be opened before.
    private func pause(_ share: LaneShare, until: Int64, at time: Int64) {
        guard until > time else { return }
        // why: another lane's success ends the pause earlier, so it is asked about again soon.
        let wait = min(until - time, DestinationMachine.shortestPause)
        share.pausedUntil = time + wait
        loop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) { [weak self, weak share] in
            guard let self, let share else { return }
            share.pausedUntil = 0
            pump(share)
        }
    }
}
