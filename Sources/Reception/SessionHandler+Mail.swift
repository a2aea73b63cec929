// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// A commit that the client waits for, and when that has taken too long.
struct PendingCommit {
    let id: QueueID
    let deadline: NIODeadline
}

/// From MAIL to the reply to the final dot: the policy's and the spool's part of a transaction.
extension SessionHandler {
    /// Opens a draft for a new transaction; the reply that refuses it when the spool would not take it anyway.
    func openIntake(for transaction: Transaction) -> Reply? {
        // why: no recipient of a denied client is accepted, so there will be no message.
        if isDenied { return nil }
        do throws(SpoolError) {
            let intake = MessageIntake(draft: try pool.spool.draft(), settings: pool.settings)
            if pool.settings.filters.judges { intake.filtered = try filteredMessage() }
            if let origin = machine.takeForwarded() { intake.origin = log.origin(origin) }
            self.intake = intake
            return nil
        } catch {
            pool.statistics.storageFailures.add()
            log.failed(error, nil)
            let reply = error.reply
            logRefusal(reply.summary, at: .sender(transaction))
            return reply
        }
    }

    /// A recipient was accepted: the message has a queue id from now on.
    func accepted(_ recipient: Mailbox) {
        guard let intake, !intake.isLogged else { return }
        intake.isLogged = true
        if intake.filtered?.isPassedOn == true {
            log.passing()
        } else {
            log.accepted(intake.draft.id, origin: intake.origin)
        }
    }

    func beginBody(of transaction: Transaction) {
        guard let intake else { return }
        var trace = TraceHeader(
            hello: machine.hello,
            client: client,
            hostname: pool.settings.hostname,
            id: intake.filtered?.isPassedOn == true ? nil : intake.draft.id,
            recipient: transaction.recipients.count == 1 ? transaction.recipients.first?.address : nil,
            date: InternetDate(milliseconds: pool.now())
        )
        trace.encryption = tls?.facts
        trace.showsEncryption = pool.settings.tls.isInReceivedHeader
        intake.begin(trace, below: effects.headerText, sizeHint: transaction.declaredSize ?? 0, now: now)
    }

    /// Takes the next piece of the body; false when there is none, or no room for more.
    func readBody() -> Bool {
        guard let intake, let context else { return false }
        // why: the draft may never call back when the session is lost, and a promise must always be kept.
        let session = NIOLoopBound(self, eventLoop: context.eventLoop)
        let resume: @Sendable () -> Void = { session.eventLoop.execute { session.value.unblock(.draft) } }
        switch intake.read(&input, now: now, resume: resume) {
        case .needMore:
            return input.readableBytes > 0
        case .wait:
            blocks.insert(.draft)
            return false
        case .ended:
            bodyEnded(intake)
            return true
        }
    }

    private func bodyEnded(_ intake: MessageIntake) {
        if intake.hasBareNewline { pool.statistics.bareNewlines.add() }
        if let failure = intake.failure {
            pool.statistics.storageFailures.add()
            log.failed(failure, intake.draft.id)
        }
        let end = intake.end()
        lastVerb = "END-OF-MESSAGE"
        postpone()
        perform(machine.dataEnded(end, hasMoreInput: input.readableBytes > 0))
        if end != .complete { self.intake = nil }
    }

    func commit(_ transaction: Transaction) {
        guard let intake, let context else {
            perform(machine.commitFailed(with: .queueWriteError))
            return
        }
        var envelope = intake.envelope(of: transaction, from: client, at: pool.now())
        self.intake = nil
        effects.apply(to: &envelope)
        if let filtered = intake.filtered, let end = settled(filtered.changes, envelope) { return perform(end) }
        if effects.isDiscarded { return perform(machine.committed(as: "\(envelope.id)")) }
        if intake.filtered?.held == nil { log.messageID(envelope.messageID, of: envelope.id) }
        let deadline = now + .milliseconds(Int64(pool.settings.commitDeadline))
        pendingCommit = PendingCommit(id: envelope.id, deadline: deadline)
        let promise = context.eventLoop.makePromise(of: QueuedMessage.self)
        pool.spool.commit(intake.draft, envelope) { result in
            switch result {
            case .success(let message): promise.succeed(message)
            case .failure(let error): promise.fail(error)
            }
        }
        promise.futureResult.assumeIsolated().whenComplete { self.commitEnded($0, of: envelope.id) }
    }

    private func commitEnded(_ result: Result<QueuedMessage, any Error>, of id: QueueID) {
        // why: a commit that was given up may end while the client waits for another one's end.
        let isAwaited = pendingCommit?.id == id
        if isAwaited { pendingCommit = nil }
        switch result {
        case .success(let message) where !isAwaited:
            // why: the client was told 451 and comes again, so this copy must not be delivered as well.
            pool.takeBack(message.envelope.id)
            return
        case .success(let message):
            pool.statistics.messages.add()
            pool.statistics.bytes.add(message.envelope.size)
            pool.arrived(message)
            perform(machine.committed(as: id.description))
        case .failure(let error):
            let reason = error as? SpoolError ?? .disk("\(error)")
            pool.statistics.storageFailures.add()
            log.failed(reason, id)
            guard isAwaited else { return }
            perform(machine.commitFailed(with: reason.reply))
        }
        postpone()
        process()
    }
}
