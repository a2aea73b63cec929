// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// The machine's actions, carried out: the one place that writes to and closes the channel.
extension SessionHandler {
    func perform(_ action: SessionMachine.Action) {
        switch action {
        case .none:
            break
        case .reply(let reply):
            answer(reply)
        case .replyTooBig(let reply, let transaction):
            logRefusal(reply.summary, at: .sender(transaction))
            answer(reply)
        case .replyAndClose(let reply):
            answer(reply)
            finish(with: reply)
        case .judgeHello(let hello):
            judge(.hello(hello))
        case .judgeSender(let transaction):
            // why: what a client left behind with RSET or HELO is not the message that begins now.
            intake = nil
            judge(.sender(transaction))
        case .judgeRecipient(let recipient):
            judge(.recipient(recipient))
        case .judgeData(let transaction):
            judge(.data(transaction))
        case .receiveData(let reply, let transaction):
            beginBody(of: transaction)
            answer(reply)
        case .commit(let transaction):
            judge(.message(transaction))
        case .startTLS(let reply):
            startTLS(after: reply)
        }
    }

    func flush() {
        guard output.readableBytes > 0, let context else { return }
        let bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func answer(_ reply: Reply) {
        if reply.code >= 400, let footer = pool.settings.restrictions.rejectFooter {
            reply.with(footer.expanded(footerAttribute)).write(into: &output)
        } else {
            reply.write(into: &output)
        }
        lastReplyCode = reply.code
        report(machine.phase)
        guard reply.code >= 400, machine.deservesDelay, !machine.isClosed, let context else { return }
        blocks.insert(.penalty)
        let delay = TimeAmount.milliseconds(Int64(pool.settings.errorSleepTime))
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.unblock(.penalty) }
    }

    private func report(_ phase: SessionReport.Phase) {
        let report = SessionReport(phase: phase, messages: machine.messages, lastReplyCode: lastReplyCode)
        context?.triggerUserOutboundEvent(report, promise: nil)
    }

    /// The last reply is written: says why in the log, and closes so that the client can still read it.
    private func finish(with reply: Reply) {
        if reply == .notSynchronised {
            pool.statistics.outOfSync.add()
            log.outOfSync(after: lastVerb, input: PeerText.quoted(input))
        } else if reply == .tooManyErrors(at: pool.settings.hostname) {
            pool.statistics.tooManyErrors.add()
            log.tooManyErrors(after: lastVerb)
        }
        hasLoggedEnd = true
        intake = nil
        forgetAnswer()
        let isClean = input.readableBytes == 0 && reply.code == 221
        flush()
        isClosing = true
        input = ByteBuffer()
        guard let context else { return }
        if isClean || inputEnded {
            context.close(promise: nil)
        } else {
            // why: closing with unread input resets the connection, and the reply would be lost with it.
            context.close(mode: .output, promise: nil)
            deadline = now + SessionHandler.lingerTime
        }
    }

    /// Ends the session if it was asked to and nothing accepted would be cut; otherwise the next reply brings it here.
    func endIfAsked() {
        if endReason != nil, !isClosing, isHandshaking {
            // why: no words get through before the handshake is over.
            context?.close(promise: nil)
            return
        }
        guard let endReason, !isClosing, machine.isAtBoundary, !machine.isWaiting else { return }
        self.endReason = nil
        switch endReason {
        case .timedOut:
            pool.statistics.timeouts.add()
            log.timedOut(after: stage)
            perform(machine.timedOut())
        case .shutdown, .killed, .serverDown, .serverUp:
            perform(machine.endRequested() ?? .none)
        }
        flush()
    }

    /// The connection is gone, however it went: the log and the counters are told once.
    func connectionEnded() {
        guard position >= 0 else { return }
        lane.remove(self)
        pool.statistics.sessions.leave()
        endFilters()
        if isCounted, let address = client.address { pool.clients.leave(address) }
        isClosing = true
        guard isIdentified else { return }
        if isFindingName, !isScreened { log.connected() }
        if !hasLoggedEnd {
            pool.statistics.lostConnections.add()
            if !isScreened { log.lost(after: stage) }
        }
        report(.closed)
        machine.disconnected()
        intake = nil
        forgetAnswer()
        if let screening {
            screeningEnded(screening)
        } else if isDenied {
            log.screened("DISCONNECT \(client.endpoint)")
        } else {
            log.disconnected(machine.tally)
        }
    }
}
