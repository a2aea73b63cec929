// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP
import Statistics

/// From an accepted connection to a session on a server.
extension MeteringHandler {
    /// The connection is a session: it counts from here on, and gets a server.
    ///
    /// - Parameter header: what a trusted proxy said of the client; nil where none stands before the listener.
    func begin(_ context: ChannelHandlerContext, header: ProxyHeader?) {
        guard !isRouted, !isFinished else { return }
        if let rules, !admitClient(context, header, rules) { return }
        isRouted = true
        let channel = context.channel
        let source = (header?.source ?? channel.remoteAddress)?.unmapped
        let destination = (header?.destination ?? channel.localAddress)?.unmapped
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
        let identity = identity(header, source: source, destination: destination)
        if let rules { judge(context, identity, rules) } else { route(context, identity, to: plan.backend) }
        // why later: what came behind a PROXY header has to reach the session first.
        if frontend.isRetired { context.eventLoop.execute { session.stop() } }
    }

    /// Gives the session to a backend, once no rule stands in the way.
    func route(_ context: ChannelHandlerContext, _ identity: ProxyHeader, to backend: Backend?) {
        guard let session else { return }
        guard let backend else {
            record.termination = TerminationState(cause: .serverAborted, stage: .connect)
            let route = RouteHandler(metering: self, session: session, identity: identity)
            route.turnAway(context, nil)
            return
        }
        record.backend = backend
        backend.enter()
        session.update { $0.backend = backend.name }
        let decision = backend.acquire(for: session.id, on: context.channel, source: identity.source)
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
        logEarly()
        session.update { $0.phase = .greeting }
        var header = ByteBuffer()
        var identity = identity
        if identity.command == .proxy {
            // What a proxy in front said of the client's TLS and host name stays, the number is this process's own.
            identity.values.removeAll { $0.type == ProxyHeader.uniqueIDType }
            identity.values.append(.init(type: ProxyHeader.uniqueIDType, value: session.id.bigEndianBytes))
        }
        let encoder = ProxyHeaderEncoder(version: .v2)
        encoder.encode(identity, into: &header)
        if header.readableBytes > ProxyHeaderDecoder.version2Limit {
            // It came in a header that was just short enough, without the number.
            header.clear()
            identity.values.removeAll { $0.type != ProxyHeader.uniqueIDType }
            encoder.encode(identity, into: &header)
        }
        entrance(channel, header)
    }

    func assigned(_ server: Server) {
        record.assigned(server, at: .now())
        session?.update { $0.server = server.name }
    }

    /// The session has left its server, and may get another one.
    func leaveServer() {
        guard let server = record.server else { return }
        flushCounters()
        record.server = nil
        session?.update { $0.server = Session.Facts.noServer }
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
        case .none, .killed, .serverDown, .serverUp, .resources, .rejected: break
        }
    }

    /// The accepted bytes were a PROXY header, which is not the client's.
    func discountHeader(leaving unread: Int) {
        record.bytesIn = unread
        unflushed.in = unread
    }
}

extension UInt64 {
    /// The number in network order.
    var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
    }
}
