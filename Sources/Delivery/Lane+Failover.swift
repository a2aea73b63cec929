// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// Recipients that a server did not take for the time being, or whose dialogue broke, are offered to the next server of the
/// destination in the same attempt (Postfix: smtp_bulk_fail and smtp_rcpt_fail at a server that is not the final one).
///
/// They become a request of their own with a search of its own, which goes on where the connection's was and holds the right
/// to one connection. That connection is for this message alone: others begin with the best server.
extension Lane {
    /// Sends the recipients with a temporary failure on to the next server; false where there is none, or nobody needs one.
    func failOver(
        _ request: DeliveryRequest,
        _ recipients: [Int],
        _ verdicts: [Verdict],
        on handler: DialogueHandler
    ) -> Bool {
        guard !isStopping, verdicts.contains(where: \.isTemporary) else { return false }
        var kept: [Int] = []
        var reasons: [RecipientResult] = []
        for (index, verdict) in zip(recipients, verdicts) where verdict.isTemporary {
            kept.append(index)
            let result = RecipientResult(verdict, from: handler.relay, size: request.envelope.size)
            if reasons.last != result { reasons.append(result) }
        }
        guard let last = reasons.last else { return false }
        var machine = handler.walk.machine
        let next = machine.transactionFailed(last)
        if case .fail = next { return false }
        for reason in reasons { log.skipped(request, reason.text) }
        statistics.failovers.add()
        request.round.split(into: 2)
        let rest = DeliveryRequest(request.round, recipients: kept)
        // why: it is under way from here on, and no operator can take it back before it has a result.
        _ = rest.claim()
        let walk = HopWalk(handler.share, opened: now(), machine, first: next, rest)
        failovers[ObjectIdentifier(walk)] = walk
        walk.share.failovers.append(walk)
        pump(walk.share)
        return true
    }

    /// Begins the searches that wait, as far as there may be connections for them.
    func openFailovers(_ share: LaneShare) {
        while let walk = share.failovers.first {
            let hasTurn = share.hasTurn
            share.hasTurn = false
            guard share.take() else {
                if let idle = share.idle.last { idledOut(idle) }
                return
            }
            guard hasTurn || !destinations.isStarving, destinations.takeConnection() else {
                _ = share.give()
                return starve(share)
            }
            share.failovers.removeFirst()
            walk.opened = now()
            if let action = walk.first { perform(action, walk) }
        }
    }

    /// The message of a search, for a connection or for its end.
    func take(_ walk: HopWalk) -> DeliveryRequest? {
        failovers[ObjectIdentifier(walk)] = nil
        return walk.takeRequest()
    }

    /// The messages of the searches that have not begun, no longer claimed.
    func takeFailovers(of share: LaneShare) -> [DeliveryRequest] {
        let requests = share.failovers.compactMap { take($0) }
        share.failovers = CircularBuffer()
        for request in requests { request.unclaim() }
        return requests
    }

    /// The next server is ready for the message, or has had it.
    func failoverReady(_ handler: DialogueHandler) {
        guard !isStopping, let request = take(handler.walk) else { return handler.quit() }
        request.connecting = handler.setUpTime
        handler.isUsed = true
        start(request, on: handler)
    }

    /// `may` does without encryption where the handshake failed: the message gets another connection to the same server.
    func retriesPlain(_ handler: DialogueHandler) {
        let walk = handler.walk
        guard walk.isFailover, !isStopping, let target = walk.target else { return }
        handler.standing = .refused
        handler.hasPermit = false
        walk.isPlain = true
        connect(to: target, walk)
    }

    /// No other server takes the message: its recipients wait.
    func failoverEnded(_ walk: HopWalk, _ result: RecipientResult) {
        let share = walk.share
        let time = now()
        if let request = take(walk) {
            request.connecting = time - walk.opened
            deferAll(request, result, relay: walk.relay, until: nil, by: .client)
            if result.status == .deferred { broke(share, result, at: time) }
        }
        // why: others may wait for the same, and a search that fails without a pause must not nest in theirs.
        loop.assumeIsolated().execute { [self] in
            pump(share)
            forgetIfUnused(share)
        }
    }
}

extension Verdict {
    /// Whether another server might take the recipient, or this one later.
    var isTemporary: Bool {
        switch self {
        case .accepted, .tooLarge: false
        case .refused(let reply, _): reply.isTransient
        case .broken: true
        }
    }
}
