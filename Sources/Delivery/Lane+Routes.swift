// SPDX-License-Identifier: Apache-2.0

import Spooling

/// Which way the messages of a lane go.
extension Lane {
    /// How long mail waits in the spool when there is no room for it in memory, in milliseconds.
    private static let crowdedWait: Int64 = 60_000
    /// So many messages may always wait in memory for one destination, a lane.
    private static let leastQueue = 10

    /// Takes a message that the active queue admitted.
    func accept(_ round: DeliveryRound) {
        guard !isStopping, !settings.routing.defersEverything, !round.message.envelope.held else {
            return release(round, at: now())
        }
        let recipients = round.recipients
        // why: nothing of it is due yet where the clock was set back.
        guard !recipients.isEmpty else { return release(round, at: now()) }
        log.activated(round, recipients: recipients.count)
        distribute(round, recipients)
    }

    /// Splits the recipients by where they go, a request each.
    func distribute(_ round: DeliveryRound, _ recipients: [Int]) {
        let filter = round.message.envelope.filter
        if !filter.isEmpty { return place(round, recipients, Router.route(toFilter: filter)) }
        if let only = router.onlyRoute { return place(round, recipients, only) }
        let routes = router.routes(of: round.message.envelope, recipients)
        if routes.count > 1 { round.split(into: routes.count) }
        for (route, recipients) in routes { place(round, recipients, route) }
    }

    /// What waited for a destination that is no longer one is sent on its way again.
    func reroute(_ request: DeliveryRequest) {
        let recipients = request.takeRemaining()
        guard !recipients.isEmpty, request.settled.isEmpty else {
            return conclude(request, at: now())
        }
        distribute(request.round, recipients)
    }

    private func place(_ round: DeliveryRound, _ recipients: [Int], _ route: Route) {
        switch route {
        case .smtp(let hop): adopt(round, recipients, hop)
        case .error: settleAtOnce(round, recipients, route, by: .error)
        case .retry: settleAtOnce(round, recipients, route, by: .retry)
        case .discard: settleAtOnce(round, recipients, route, by: .discard)
        }
    }

    /// Takes a message's part from a lane that has no connection for it. It goes where this lane's settings say, which may be
    /// newer than those that brought it here.
    func takeOver(_ round: DeliveryRound, _ recipients: [Int]) {
        guard !isStopping, !settings.routing.defersEverything else {
            return abandon(DeliveryRequest(round, recipients: recipients), at: now())
        }
        distribute(round, recipients)
    }

    /// Takes a message's part for a destination.
    private func adopt(_ round: DeliveryRound, _ recipients: [Int], _ hop: DeliverySettings.NextHop) {
        let request = DeliveryRequest(round, recipients: recipients)
        guard !isStopping else { return abandon(request, at: now()) }
        guard let share = share(for: hop) else {
            let limit = settings.routing.destinationLimit
            guard request.claim() else { return }
            return deferAll(
                request,
                .init(.deferred, dsn: "4.3.2", text: "mail for more than \(limit) destinations is under way"),
                relay: nil,
                until: now() + Lane.crowdedWait,
                by: .error
            )
        }
        let home = share.destination.lane(for: index)
        guard home == index else {
            // why: fewer connections are allowed than there are lanes, and this one has none.
            forgetIfUnused(share)
            return lanes.on(home) { $0.takeOver(round, recipients) }
        }
        share.queue.append(request)
        pump(share)
    }

    /// Makes room in memory: of what waits for a destination that is slow, most goes back to the spool for a while, so
    /// that the others' mail is not kept out. Called every few seconds.
    func trim() {
        guard !isStopping, router.onlyRoute == nil, active.isHalfFull else { return }
        let time = now()
        let portion = max(Lane.leastQueue, settings.activeLimit / destinations.portion)
        for share in Array(shares.values) where share.queue.count > portion {
            let elapsed = time - share.measured
            // Slow is what would take longer at its pace than the messages would wait in the spool.
            let isSlow =
                Int64(share.begun) * Lane.crowdedWait < Int64(share.queue.count) * elapsed
            share.begun = 0
            share.measured = time
            guard isSlow else { continue }
            log.notice(
                "\(share.destination.hop.label) is slow: \(share.queue.count - portion) messages for it leave the"
                    + " active queue for \(Lane.crowdedWait / 1_000) s"
            )
            let tail = Array(share.queue.suffix(share.queue.count - portion))
            share.queue.removeLast(tail.count)
            for request in tail { putOff(request) }
        }
    }

    /// The message goes back to the spool for a while, untried.
    private func putOff(_ request: DeliveryRequest) {
        let time = now()
        guard request.claim() else { return }
        for index in request.takeRemaining() {
            var recipient = request.envelope.recipients[index]
            recipient.due = time + Lane.crowdedWait
            request.round.deferred(until: recipient.due)
            request.settled.append((index, recipient))
        }
        conclude(request, at: time)
    }

    /// A result that needs no server.
    private func settleAtOnce(
        _ round: DeliveryRound,
        _ recipients: [Int],
        _ route: Route,
        by service: DeliveryLog.Service
    ) {
        let request = DeliveryRequest(round, recipients: recipients)
        guard let result = route.result, request.claim() else { return }
        deferAll(request, result, relay: nil, until: nil, by: service)
    }

    // MARK: shares

    /// The lane's share in a destination; nil when there are too many destinations.
    func share(for hop: DeliverySettings.NextHop) -> LaneShare? {
        if let share = shares[hop] { return share }
        let time = now()
        guard let destination = destinations.take(hop, now: time) else { return nil }
        let share = LaneShare(destination, lane: index)
        share.measured = time
        shares[hop] = share
        return share
    }

    /// Lets go of a share that nothing is left of.
    func forgetIfUnused(_ share: LaneShare) {
        guard share.isUnused, shares[share.destination.hop] === share else { return }
        shares[share.destination.hop] = nil
        destinations.give(share.destination)
    }
}
