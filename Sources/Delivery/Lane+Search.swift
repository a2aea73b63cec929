// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// A lane's search for a server that takes mail for a destination, and what it means when there is none.
extension Lane {
    func perform(_ action: HopWalkMachine.Action, _ walk: HopWalk) {
        switch action {
        case .resolve(let hop): resolve(hop, walk)
        case .connect(let target):
            walk.isPlain = false
            connect(to: target, walk)
        case .fail(let result):
            if !walk.isFailover { walk.share.connecting -= 1 }
            giveBack(walk.share)
            unreachable(walk, result)
        }
    }

    private func resolve(_ hop: DeliverySettings.NextHop, _ walk: HopWalk) {
        if let target = HopTarget(literal: hop) {
            return perform(walk.machine.resolved(.success([target])), walk)
        }
        let loop = loop
        let bound = NIOLoopBound((self, walk), eventLoop: loop)
        resolver.servers(of: hop) { result in
            loop.execute {
                let (lane, walk) = bound.value
                guard !lane.isStopping else { return lane.giveUp(walk) }
                lane.perform(walk.machine.resolved(result), walk)
            }
        }
    }

    func connect(to target: HopTarget, _ walk: HopWalk) {
        walk.target = target
        HopDialer.connect(to: target, on: loop, timeout: settings.connectTimeout)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel, target, walk)
                case .failure(let error):
                    self.connectFailed(HopDialer.failure(error, connectingTo: target), target, walk)
                }
            }
    }

    private func connected(_ channel: any Channel, _ target: HopTarget, _ walk: HopWalk) {
        guard !isStopping, channel.isActive else {
            channel.close(promise: nil)
            return giveUp(walk)
        }
        let address = channel.remoteAddress?.ipAddress
        let relay = Relay(host: target.host, address: address, port: target.port)
        let handler = DialogueHandler(lane: self, walk: walk, relay: relay, settings: settings)
        // why: counted first, because a handshake that cannot begin closes the connection before this returns.
        open[ObjectIdentifier(handler)] = handler
        statistics.connections.enter()
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            open[ObjectIdentifier(handler)] = nil
            statistics.connections.leave()
            channel.close(promise: nil)
            giveUp(walk)
        }
    }

    private func connectFailed(_ failure: HopDialer.Failure, _ target: HopTarget, _ walk: HopWalk) {
        statistics.connectFailures.add()
        var text = failure.reason
        if let address = failure.address {
            text = "connect to \(Relay(host: target.host, address: address, port: target.port).label): \(text)"
        }
        log.connectFailed(text)
        guard !isStopping else { return giveUp(walk) }
        walk.relay = nil
        perform(walk.machine.connectFailed(RecipientResult(.deferred, dsn: failure.dsn, text: text)), walk)
    }

    /// The server refused in greeting or EHLO, or broke there: another one is tried where there is one.
    func refused(_ handler: DialogueHandler, _ verdict: Verdict) {
        let walk = handler.walk
        handler.standing = .refused
        statistics.connectFailures.add()
        count(verdict)
        var result = RecipientResult(verdict, from: handler.relay, size: 0)
        if case .refused(let reply, .greeting) = verdict, reply.isPermanent, !settings.routing.skipsPermanentGreeting {
            result.status = .bounced
            result.dsn = "5" + result.dsn.dropFirst()
        }
        walk.relay = handler.relay
        let action = isStopping ? .fail(result) : walk.machine.refused(result)
        switch action {
        case .fail(let result):
            if !walk.isFailover { walk.share.connecting -= 1 }
            unreachable(walk, result)
        case .resolve, .connect:
            log.connectFailed(result.text)
            handler.hasPermit = false
            perform(action, walk)
        }
    }

    /// The search ends for reasons of our own.
    private func giveUp(_ walk: HopWalk) {
        let share = walk.share
        guard !walk.isFailover else {
            giveBack(share)
            return failoverEnded(walk, .init(.deferred, dsn: "4.4.1", text: "no server to connect to"))
        }
        share.connecting -= 1
        giveBack(share)
        share.destination.connectAbandoned()
        tell(share.destination)
        pump(share)
        forgetIfUnused(share)
    }

    /// No connection came about: all that waits is deferred if the destination is given up for now, or goes back to its
    /// senders if there is no such destination.
    private func unreachable(_ walk: HopWalk, _ result: RecipientResult) {
        guard !walk.isFailover else { return failoverEnded(walk, result) }
        let share = walk.share
        let time = now()
        if result.status == .bounced {
            share.destination.connectAbandoned()
            while let request = share.next() {
                request.connecting = time - walk.opened
                deferAll(request, result, relay: walk.relay, until: nil, by: .client)
            }
            tell(share.destination)
            return forgetIfUnused(share)
        }
        let consequence = share.destination.connectFailed(
            now: time,
            dsn: result.dsn,
            reason: result.text,
            backoff: Backoff(settings)
        )
        switch consequence {
        case .none, .wait:
            pump(share)
            // why: other lanes may have waited for the outcome of this attempt.
            tell(share.destination)
        case .suspend(let suspension):
            if let first = share.next() {
                first.connecting = time - walk.opened
                deferAll(first, result, relay: walk.relay, until: suspension.until, by: .client)
            }
            announce(suspension, share)
        }
        forgetIfUnused(share)
    }

    /// The other lanes may go on, or must not.
    func tell(_ destination: Destination) {
        let index = index
        lanes.each { lane in if lane.index != index { lane.pump(destination) } }
    }
}
