// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP
import Statistics

/// Stands at the head of every accepted channel from its first byte to its last: counts bytes and replies, watches the
/// client's silence, passes end requests on, and writes the log line when it is over.
///
/// Whatever fills the pipeline behind it, a pool's session or `RouteHandler`, works the same for counters, `show sess`,
/// drain and log.
final class MeteringHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes that may be missing from the counters of a living session.
    private static let flushSize = 65_536

    let switchboard: Switchboard
    let listener: FrontendListener.Attachment
    let plan: Frontend.Plan
    var session: Session?
    var record: SessionRecord
    /// By the wall clock.
    let acceptedAt: Int64

    var unflushed = (in: 0, out: 0)
    /// When the last byte came from the client or went to it, where somebody wants to know.
    var lastActivity = NIODeadline.uptimeNanoseconds(0)
    var notesActivity = false
    var idleTimer: Scheduled<Void>?
    /// The client was silent for too long, and whoever serves it knows.
    var hasTimedOut = false
    private(set) var report = SessionReport(phase: .greeting, messages: 0, lastReplyCode: 0)
    var isRouted = false
    /// What the frontend's rules know of the connection; nil without rules.
    var rules: ConnectionRules?
    /// A rule, or a limit, has turned the connection away: nobody behind us needs to say so.
    var isRefused = false
    private(set) var isFinished = false

    init(switchboard: Switchboard, listener: FrontendListener.Attachment) {
        self.switchboard = switchboard
        self.listener = listener
        plan = listener.frontend.plan
        acceptedAt = switchboard.environment.now
        record = SessionRecord(began: .now())
    }

    var frontend: Frontend { listener.frontend }

    // MARK: What happens on the channel

    func channelActive(context: ChannelHandlerContext) {
        if let rulePlan = plan.rules, !admitPeer(context, rulePlan) { return }
        context.fireChannelActive()
        if !listener.bind.acceptProxy, rules?.expectsHeader != true { begin(context, header: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        record.bytesIn += count
        unflushed.in += count
        if unflushed.in >= MeteringHandler.flushSize { flushCounters() }
        noteActivity(context)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let count = unwrapOutboundIn(data).readableBytes
        record.bytesOut += count
        unflushed.out += count
        if unflushed.out >= MeteringHandler.flushSize { flushCounters() }
        noteActivity(context)
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let request = event as? SessionEndRequest {
            switch request.reason {
            case .killed: end(.killed)
            case .timedOut: end(.clientTimedOut)
            case .shutdown: break
            // Who forwards decides whether it ends.
            case .serverDown: if record.server?.isPool == true { end(.serverDown) }
            case .serverUp: if record.server?.isPool == true { end(.serverUp) }
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let report = event as? SessionReport else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        received(report)
        promise?.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is IOError {
            end(.clientAborted)
        }
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        context.fireChannelInactive()
        finish()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    // MARK: Counting

    private func received(_ new: SessionReport) {
        let old = report
        report = new
        if new.lastReplyCode > 0, new.phase != .closed || new.lastReplyCode != old.lastReplyCode {
            forEachRow { $0.count(replyCode: new.lastReplyCode) }
        }
        guard new.phase != old.phase else { return }
        session?.update { $0.phase = new.phase }
        if new.phase == .mail {
            let now = switchboard.environment.uptime
            forEachRow {
                $0.transactions.add()
                $0.transactionRate.tick(at: now)
            }
        } else if new.phase == .ready {
            flushCounters()
        }
    }

    /// The counters this session adds to.
    func forEachRow(_ body: (ProxyStatistics) -> Void) {
        body(frontend.statistics)
        if let backend = record.backend { body(backend.statistics) }
        if let server = record.server { body(server.statistics) }
    }

    func flushCounters() {
        guard isRouted, unflushed != (0, 0) else { return }
        forEachRow {
            $0.bytesIn.add(unflushed.in)
            $0.bytesOut.add(unflushed.out)
        }
        rules?.count(in: unflushed.in, out: unflushed.out)
        unflushed = (0, 0)
    }

    // MARK: The end

    private func finish() {
        guard !isFinished else { return }
        isFinished = true
        idleTimer?.cancel()
        idleTimer = nil
        if let session {
            flushCounters()
            let server = record.server
            let backend = record.backend
            let total = record.milliseconds(until: .now())
            leaveServer()
            backend?.exit()
            if let backend, let server {
                backend.record(queue: record.waitTime, connect: record.connectTime, total: total, at: server)
            }
            record.server = server
            logEnd(session, total)
            frontend.statistics.sessions.leave()
            switchboard.registry.remove(session.id)
        }
        rules?.end()
        switchboard.gate.leave(frontend)
    }
}
