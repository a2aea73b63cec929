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
    private(set) var session: Session?
    private(set) var record: SessionRecord
    private let acceptedAt: Int64

    private var unflushed = (in: 0, out: 0)
    private var lastActivity = NIODeadline.uptimeNanoseconds(0)
    private var idleTimer: Scheduled<Void>?
    private var report = SessionReport(phase: .greeting, messages: 0, lastReplyCode: 0)
    private var isRouted = false
    private var isFinished = false

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
        context.fireChannelActive()
        if !listener.bind.acceptProxy { begin(context, header: nil) }
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

    // MARK: From accept to a server

    /// The connection is a session: it counts from here on, and gets a server.
    ///
    /// - Parameter header: what a trusted proxy said of the client; nil where none stands before the listener.
    func begin(_ context: ChannelHandlerContext, header: ProxyHeader?) {
        guard !isRouted, !isFinished else { return }
        isRouted = true
        let channel = context.channel
        let source = header?.source ?? channel.remoteAddress
        let destination = header?.destination ?? channel.localAddress
        record.client = source?.logText ?? "unknown"
        let session = Session(
            id: switchboard.registry.nextID(),
            channel: channel,
            frontend: frontend,
            began: record.began
        )
        session.update { $0.source = source }
        self.session = session
        switchboard.registry.add(session)
        frontend.statistics.sessions.enter()
        frontend.statistics.sessionRate.tick(at: switchboard.environment.uptime)
        logConnect(destination)
        watchSilence(context)
        let identity: ProxyHeader
        if let header, header.source == nil {
            // Nobody is identified, and nobody must look identified further on.
            identity = ProxyHeader(command: header.command)
        } else {
            identity = ProxyHeader(command: .proxy, source: source, destination: destination)
        }
        route(context, session, identity)
    }

    private func route(_ context: ChannelHandlerContext, _ session: Session, _ identity: ProxyHeader) {
        guard let backend = plan.backend else {
            record.termination = TerminationState(cause: .serverAborted, stage: .connect)
            let route = RouteHandler(metering: self, session: session, identity: identity)
            route.refuse(context, "no backend", speaksSMTP: false)
            return
        }
        record.backend = backend
        backend.enter()
        session.update { $0.backend = backend.name }
        let decision = backend.acquire(for: session.id, on: context.channel)
        if case .server(let server) = decision, let entrance = server.entrance {
            assigned(server)
            handOver(context.channel, to: entrance, identity)
        } else {
            RouteHandler(metering: self, session: session, identity: identity).begin(context, backend, decision)
        }
    }

    /// Gives the channel to a pool, with the header its decoder reads first.
    func handOver(_ channel: any Channel, to entrance: PoolEntrance, _ identity: ProxyHeader) {
        guard let session else { return }
        record.connected(at: .now())
        session.update { $0.phase = .greeting }
        var header = ByteBuffer()
        var identity = identity
        if identity.command == .proxy {
            identity.values = [.init(type: ProxyHeader.uniqueIDType, value: session.id.bigEndianBytes)]
        }
        ProxyHeaderEncoder(version: .v2).encode(identity, into: &header)
        entrance(channel, header)
    }

    // MARK: What `RouteHandler` tells

    func assigned(_ server: Server) {
        record.assigned(server, at: .now())
        session?.update { $0.server = server.name }
    }

    /// The session has left its server, and may get another one.
    func leaveServer() {
        guard let server = record.server else { return }
        flushCounters()
        record.server = nil
        record.backend?.leave(server)
    }

    func update(_ body: (inout SessionRecord) -> Void) {
        body(&record)
    }

    /// The session ends because of `cause`; the first cause counts.
    func end(_ cause: TerminationState.Cause) {
        guard record.end(cause) else { return }
        switch cause {
        case .clientAborted, .clientTimedOut: forEachRow { $0.clientAborts.add() }
        case .serverAborted, .serverTimedOut: forEachRow { $0.serverAborts.add() }
        case .none, .killed, .resources: break
        }
    }

    /// The accepted bytes were a PROXY header, which is not the client's.
    func discountHeader(leaving unread: Int) {
        record.bytesIn = unread
        unflushed.in = unread
    }

    // MARK: Silence

    private func noteActivity(_ context: ChannelHandlerContext) {
        if plan.clientTimeout != nil { lastActivity = context.eventLoop.now }
    }

    private func watchSilence(_ context: ChannelHandlerContext) {
        guard let timeout = plan.clientTimeout else { return }
        lastActivity = context.eventLoop.now
        armTimer(context, after: timeout, timeout: timeout)
    }

    private func armTimer(_ context: ChannelHandlerContext, after delay: TimeAmount, timeout: TimeAmount) {
        // One timer a session: instead of moving it at every byte, it looks at the last one when it fires.
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            self?.timerFired(context, timeout)
        }
    }

    private func timerFired(_ context: ChannelHandlerContext, _ timeout: TimeAmount) {
        guard !isFinished else { return }
        let silence = context.eventLoop.now - lastActivity
        if silence < timeout || report.phase == .committing {
            armTimer(
                context,
                after: max(.milliseconds(1), silence < timeout ? timeout - silence : timeout),
                timeout: timeout
            )
        } else if record.termination == .normal {
            end(.clientTimedOut)
            armTimer(context, after: timeout, timeout: timeout)
            context.fireUserInboundEventTriggered(SessionEndRequest(reason: .timedOut))
        } else {
            // It was asked to end a whole timeout ago.
            context.close(promise: nil)
        }
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
    private func forEachRow(_ body: (ProxyStatistics) -> Void) {
        body(frontend.statistics)
        if let backend = record.backend { body(backend.statistics) }
        if let server = record.server { body(server.statistics) }
    }

    private func flushCounters() {
        guard isRouted, unflushed != (0, 0) else { return }
        forEachRow {
            $0.bytesIn.add(unflushed.in)
            $0.bytesOut.add(unflushed.out)
        }
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
        switchboard.gate.leave(frontend)
    }

    private func logConnect(_ destination: SocketAddress?) {
        guard plan.settings.logs, !plan.settings.tcpLog else { return }
        let to = destination?.logText ?? "unknown"
        switchboard.environment.log(
            .informational,
            "Connect from \(record.client) to \(to) (\(frontend.name)/TCP)",
            session: session?.id ?? 0
        )
    }

    private func logEnd(_ session: Session, _ total: Int) {
        let settings = plan.settings
        guard settings.logs, settings.tcpLog, record.bytesIn > 0 || !settings.omitsNullSessions else { return }
        let line = record.line(
            acceptedAt: switchboard.environment.local(acceptedAt),
            frontend: frontend,
            processConnections: switchboard.gate.current,
            total: total
        )
        switchboard.environment.log(.informational, line.text, session: session.id)
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
    }
}
