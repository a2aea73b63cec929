// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// The connections of a lane: opened when messages wait, kept while they are of use, and what failures of theirs mean.
extension Lane {
    /// Opens a connection if destination and limit allow; true when one is on the way.
    func openConnection(_ share: LaneShare) -> Bool {
        let time = now()
        guard time >= pausedUntil, share.take() else { return false }
        switch share.destination.wantsConnection(now: time) {
        case .open: break
        case .wait(let until):
            giveBack(share)
            if let until {
                handOver(share)
                pause(until: until, at: time)
            }
            return false
        case .suspended(let suspension):
            giveBack(share)
            suspend(suspension, at: time)
            return false
        }
        share.connecting += 1
        let hop = share.destination.hop
        HopDialer.connect(to: hop, on: loop, timeout: settings.connectTimeout, lookUp: lookUp)
            .assumeIsolated()
            .whenComplete { result in
                share.connecting -= 1
                switch result {
                case .success(let channel): self.connected(channel, share, since: time)
                case .failure(let error):
                    self.connectFailed(HopDialer.failure(error, connectingTo: hop), share, since: time)
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

    private func connectFailed(_ failure: HopDialer.Failure, _ share: LaneShare, since opened: Int64) {
        statistics.connectFailures.add()
        var text = failure.reason
        if let address = failure.address {
            text = "connect to \(Relay(share.destination.hop, address: address).label): \(text)"
        }
        log.connectFailed(text)
        giveBack(share)
        unreachable(
            share,
            RecipientResult(.deferred, dsn: failure.dsn, text: text),
            relay: nil,
            since: opened
        )
    }

    /// The server refused in greeting or EHLO, or broke there.
    func refused(_ handler: DialogueHandler, _ verdict: Verdict) {
        handler.standing = .refused
        handler.share.connecting -= 1
        statistics.connectFailures.add()
        count(verdict)
        let result = RecipientResult(verdict, from: handler.relay, size: 0)
        unreachable(handler.share, result, relay: handler.relay, since: handler.opened)
    }

    /// No connection came about: all that waits is deferred if the destination is given up for now.
    private func unreachable(_ share: LaneShare, _ result: RecipientResult, relay: Relay?, since opened: Int64) {
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
                first.connecting = time - opened
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
        if handler.standing == .opening {
            handler.standing = .up
            handler.share.connecting -= 1
            handler.share.ready += 1
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
        switch handler.standing {
        case .opening:
            handler.share.connecting -= 1
            handler.share.destination.connectAbandoned()
        case .up:
            handler.share.ready -= 1
            handler.share.destination.disconnected()
        case .refused: break
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

    /// The server takes no more connections, and this lane has none: its messages go to a lane that has one.
    private func handOver(_ share: LaneShare) {
        guard share.ready == 0, share.connecting == 0 else { return }
        guard let other = share.destination.connectedLane(besides: index) else { return }
        var kept = CircularBuffer<DeliveryRequest>()
        for request in queue {
            guard request.isUntouched else {
                kept.append(request)
                continue
            }
            let message = request.message
            let activated = request.activated
            lanes.on(other) { $0.adopt(message, activated: activated) }
        }
        queue = kept
    }

    private func giveBack(_ share: LaneShare) {
        let wanting = share.give()
        if wanting != 0 { lanes.each(in: wanting) { $0.pump() } }
    }

    /// Looks at the queue again later, because no connection may be opened before.
    private func pause(until: Int64, at time: Int64) {
        guard until > time else { return }
        // why: another lane's success ends the pause earlier, so it is asked about again soon.
        let wait = min(until - time, DestinationMachine.shortestPause)
        pausedUntil = time + wait
        loop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) { [weak self] in
            guard let self else { return }
            pausedUntil = 0
            pump()
        }
    }
}
