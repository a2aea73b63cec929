// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// What becomes of messages: results to the log, to the spool, and to the sender.
extension Lane {
    /// The longest wait before a result is offered to the spool again, in milliseconds.
    private static let longestRecordWait: Int64 = 60_000

    /// A transaction is over; `verdicts` are those of its recipients, in order.
    func finished(_ request: DeliveryRequest, _ verdicts: [Verdict], on handler: DialogueHandler) {
        let time = now()
        let delays = request.delays(until: time)
        let recipients = request.takeCurrent()
        let goesOn = failOver(request, recipients, verdicts, on: handler)
        for (index, verdict) in zip(recipients, verdicts) where !goesOn || !verdict.isTemporary {
            let result = RecipientResult(verdict, from: handler.relay, size: request.envelope.size)
            settle(request, index, result, relay: handler.relay, delays: delays, until: nil, at: time)
        }
        // why: a recipient that was refused before says nothing of how the dialogue ended.
        if let verdict = verdicts.first(where: \.isDestinationsFault) ?? verdicts.first {
            judge(verdict, handler, goesOn: goesOn, at: time)
        }
        guard !request.remaining.isEmpty, !isStopping else { return abandon(request, at: time) }
        if !request.settled.isEmpty { record(request) }
        goOn(request, to: handler.share)
    }

    /// Every recipient without a result in this round gets the same one.
    func deferAll(
        _ request: DeliveryRequest,
        _ result: RecipientResult,
        relay: Relay?,
        until: Int64?,
        by service: DeliveryLog.Service
    ) {
        let time = now()
        let delays = request.delays(until: time)
        for index in request.takeRemaining() {
            settle(request, index, result, relay: relay, delays: delays, until: until, at: time, by: service)
        }
        conclude(request, at: time)
    }

    /// The body could not be read: a message that an operator deleted is dropped, anything else waits.
    func unreadable(_ request: DeliveryRequest, _ error: SpoolError) {
        request.giveBack()
        if case .unknown = error { return abandon(request, at: now()) }
        let result = RecipientResult(.deferred, dsn: "4.3.0", text: "queue file read error: \(error)")
        deferAll(request, result, relay: nil, until: nil, by: .client)
    }

    /// Draws the conclusion for the destination from what one dialogue came to.
    private func judge(_ verdict: Verdict, _ handler: DialogueHandler, goesOn: Bool, at time: Int64) {
        count(verdict)
        guard verdict.isDestinationsFault else {
            if handler.share.destination.carried() { pump(handler.share) }
            return
        }
        // why: what the next server comes to counts for the destination.
        guard !goesOn else { return }
        broke(handler.share, RecipientResult(verdict, from: handler.relay, size: 0), at: time)
    }

    /// An attempt came to nothing at all servers of the destination that were tried.
    func broke(_ share: LaneShare, _ result: RecipientResult, at time: Int64) {
        let consequence = share.destination.dialogueBroke(
            now: time,
            dsn: result.dsn,
            reason: result.text,
            backoff: Backoff(settings)
        )
        switch consequence {
        case .none, .wait: break
        case .suspend(let suspension): announce(suspension, share)
        }
    }

    /// Counts how a dialogue broke.
    func count(_ verdict: Verdict) {
        guard case .broken(let fault, _) = verdict else { return }
        switch fault {
        case .lost: statistics.lostConnections.add()
        case .timedOut: statistics.timeouts.add()
        case .malformed, .tooLong, .unexpected, .tlsNotOffered, .handshake: statistics.protocolErrors.add()
        }
    }

    private func settle(
        _ request: DeliveryRequest,
        _ index: Int,
        _ result: RecipientResult,
        relay: Relay?,
        delays: DeliveryLog.Delays,
        until: Int64?,
        at time: Int64,
        by service: DeliveryLog.Service = .client
    ) {
        guard request.envelope.recipients.indices.contains(index) else { return }
        var recipient = request.envelope.recipients[index]
        log.finished(
            request,
            recipient: recipient.address,
            relay: relay,
            delays: delays,
            result: result,
            by: service
        )
        switch result.status {
        case .sent:
            statistics.sent.add()
            recipient.state = .delivered
        case .bounced:
            statistics.bounced.add()
            return request.round.failed(index, result)
        case .deferred:
            let arrival = request.envelope.arrival
            if time - arrival >= Int64(clamping: settings.lifetime(isReport: request.isReport)) {
                statistics.expired.add()
                return request.round.failed(index, result, isExpired: true)
            }
            statistics.deferred.add()
            recipient.due = max(Backoff(settings).due(now: time, arrival: arrival), until ?? 0)
            request.round.deferred(until: recipient.due)
        }
        recipient.attempts += 1
        recipient.reason = result.text
        request.settled.append((index, recipient))
    }

    // MARK: the end of a round

    /// A request is over. With the last of a round's: tells the sender about failures, then makes the results durable.
    func conclude(_ request: DeliveryRequest, at time: Int64) {
        let round = request.round
        guard let failed = round.requestEnded(), !failed.isEmpty else {
            if !request.settled.isEmpty { record(request) }
            return close(request, at: time)
        }
        if round.hasExpired { log.expired(request, isReturned: !request.isReport) }
        for (index, result) in failed {
            var recipient = request.envelope.recipients[index]
            recipient.state = .failed
            recipient.attempts += 1
            recipient.reason = result.text
            request.settled.append((index, recipient))
        }
        if request.isReport {
            statistics.unreportable.add(failed.count)
            log.unreportable(request)
            record(request)
            close(request, at: time)
        } else {
            report(request, failed, at: time)
        }
    }

    /// A request has no more to do with its round.
    private func close(_ request: DeliveryRequest, at time: Int64) {
        request.unclaim()
        if request.round.closed() { release(request.round, at: time) }
        finishStopping()
    }

    /// Writes the report, after reading what it quotes of the message.
    private func report(
        _ request: DeliveryRequest,
        _ failed: [(index: Int, result: RecipientResult)],
        at time: Int64
    ) {
        let writer = ReportWriter(
            hostname: settings.hostname,
            quoteLimit: settings.bounceSizeLimit,
            envelope: request.envelope,
            failures: failed.map { (request.envelope.recipients[$0.index].address, $0.result) },
            now: time
        )
        if let body = request.body?.bytes {
            record(request, report: writer.write(quoting: body))
            return close(request, at: time)
        }
        unfinished += 1
        let spool = spool
        let loop = loop
        let id = request.envelope.id
        let limit = writer.quotedBytes
        let bound = NIOLoopBound((self, request), eventLoop: loop)
        HopDialer.offLoop {
            // why: a body that cannot be read does not keep the sender from hearing about the failure.
            let quote = (try? spool.body(of: id, offset: 0, limit: limit)) ?? ByteBuffer()
            let report = writer.write(quoting: quote)
            loop.execute {
                let (lane, request) = bound.value
                lane.unfinished -= 1
                lane.record(request, report: report)
                lane.close(request, at: lane.now())
            }
        }
    }

    /// Offers the settled results to the spool.
    private func record(_ request: DeliveryRequest, report: (envelope: Envelope, body: ByteBuffer)? = nil) {
        let outcome = Outcome(id: request.envelope.id, recipients: request.settled, report: report)
        request.settled = []
        request.round.offered()
        unfinished += 1
        offer(outcome, request.round, attempt: 1)
    }

    private func offer(_ outcome: Outcome, _ round: DeliveryRound, attempt: Int) {
        let loop = loop
        let bound = NIOLoopBound(self, eventLoop: loop)
        spool.record(outcome) { result in
            loop.execute { bound.value.answered(result, outcome, round, attempt: attempt) }
        }
    }

    /// The spool has answered. A result it could not take is kept and offered again: the message is not delivered
    /// twice.
    private func answered(
        _ result: Result<OutcomeReceipt, SpoolError>,
        _ outcome: Outcome,
        _ round: DeliveryRound,
        attempt: Int
    ) {
        switch result {
        case .success(let receipt):
            settled(round)
            if let report = receipt.report {
                statistics.reports.add()
                log.reported(round, in: report.envelope.id)
                let next = DeliveryRound(report, now: now())
                if active.admit(next) { accept(next) }
            }
            if receipt.removed { log.removed(round) }
        case .failure(.unknown):
            // why: an operator deleted the message while it was under way.
            settled(round)
        case .failure(.closing):
            log.unrecorded(round, .closing)
            statistics.recordFailures.add()
            settled(round)
        case .failure(let error):
            statistics.recordFailures.add()
            if attempt == 1 { log.unrecorded(round, error) }
            let wait = min(Int64(1_000) << Int64(min(attempt - 1, 10)), Lane.longestRecordWait)
            loop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) { [self] in
                offer(outcome, round, attempt: attempt + 1)
            }
        }
    }

    private func settled(_ round: DeliveryRound) {
        unfinished -= 1
        if round.answered() { release(round, at: now()) }
        finishStopping()
    }
}

extension Verdict {
    /// Whether the dialogue broke, or the server said it is going away (421): no other message would fare better.
    fileprivate var isDestinationsFault: Bool {
        switch self {
        case .broken: true
        case .refused(let reply, _): reply.code == 421
        case .accepted, .tooLarge: false
        }
    }
}
