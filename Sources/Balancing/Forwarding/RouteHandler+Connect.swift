// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// From the backend's decision to a connected server.
extension RouteHandler {
    /// Enters the pipeline and follows the backend's first decision.
    func begin(_ context: ChannelHandlerContext, _ backend: Backend, _ decision: ServerTable.Decision) {
        let settings = backend.settings
        self.backend = backend
        self.settings = settings
        speaksSMTP = backend.speaksSMTP
        retry = RetryMachine(
            retries: settings.retries,
            redispatches: settings.redispatches,
            interval: settings.redispatchInterval,
            connectTimeout: settings.connectTimeout
        )
        do {
            try context.channel.syncOptions?.setOption(.autoRead, value: false)
            try context.channel.pipeline.syncOperations.addHandler(self)
            follow(decision)
        } catch {
            context.close(promise: nil)
        }
    }

    func follow(_ decision: ServerTable.Decision) {
        switch decision {
        case .server(let server):
            metering.assigned(server)
            reach(server)
        case .wait(let ahead):
            state = .queued
            metering.update {
                $0.stage = .queue
                $0.backendQueue = ahead + 1
            }
            guard let timeout = settings?.queueTimeout ?? settings?.connectTimeout else { return }
            arm(.milliseconds(Int64(timeout))) { [self] in
                metering.end(.serverTimedOut)
                refuse("no server became free in time")
            }
        case .unavailable:
            metering.update { $0.stage = .connect }
            metering.end(.serverAborted)
            refuse("no server available")
        }
    }

    /// The backend says that a waiting session's turn has come.
    func turnCame() {
        guard case .queued = state, let server = backend?.claim(session.id) else { return }
        cancelTimer()
        metering.assigned(server)
        reach(server)
    }

    private func reach(_ server: Server) {
        if let entrance = server.entrance { handOver(to: entrance) } else { connect(to: server) }
    }

    /// The server is a pool after all: it gets the channel, and what the client sent meanwhile.
    private func handOver(to entrance: PoolEntrance) {
        guard let context else { return }
        state = .left
        metering.handOver(context.channel, to: entrance, identity)
        if early.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(early))
            context.fireChannelReadComplete()
        }
        if inputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func connect(to server: Server) {
        guard let context else { return }
        state = .connecting
        metering.update { $0.stage = .connect }
        server.statistics.connects.add()
        backend?.statistics.connects.add()
        let origin: ServerDialer.Origin
        do {
            origin = try ServerDialer.Origin(of: server, settings, client: identity, on: context.channel)
        } catch {
            failed(error, server)
            return
        }
        ServerDialer.connect(
            to: server.settings.target,
            on: context.eventLoop,
            timeout: settings?.connectTimeout,
            from: origin
        )
        .assumeIsolated()
        .whenComplete { [self] result in
            switch result {
            case .success(let channel): connected(channel, server)
            case .failure(let error):
                if ServerDialer.isServersFault(error) { backend?.connected(server, false) }
                failed(error, server)
            }
        }
    }

    private func connected(_ channel: any Channel, _ server: Server) {
        guard case .connecting = state, channel.isActive else {
            channel.close(promise: nil)
            if case .connecting = state { failed(ChannelError.ioOnClosedChannel, server) }
            return
        }
        let handler = ServerHandler(route: self)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            channel.close(promise: nil)
            failed(error, server)
            return
        }
        metering.update { $0.connected(at: .now()) }
        backend?.connected(server, true)
        metering.logEarly()
        if !speaksSMTP, (server.settings.source ?? settings?.source) != nil { _ = server.traffic.greeted() }
        if speaksSMTP { awaitGreeting(handler, channel, server) } else { beginRelay(handler, channel, server) }
    }

    private func failed(_ error: any Error, _ server: Server) {
        guard case .connecting = state else { return }
        reportOrigin(error, server)
        var failure = RetryMachine.Failure.refused
        if case ChannelError.connectTimeout = error { failure = .timedOut }
        if speaksSMTP { attempts.failed.append(server.name) }
        let action = retry.connectFailed(failure, mayChangeAtOnce: backend?.mayLeave(server) ?? false)
        metering.update { $0.retries = retry.used + attempts.moves }
        // Clients that speak SMTP need not wait for a server that others can stand in for.
        if speaksSMTP, action != .redispatch, moveOn(from: server) {
            if action == .giveUp { attempts.moves += 1 }
            metering.update { $0.retries = retry.used + attempts.moves }
            return
        }
        switch action {
        case .retry(let delay):
            countRetry(server)
            rest(delay) { [self] in connect(to: server) }
        case .redispatch:
            redispatch(from: server, failure)
        case .giveUp:
            server.statistics.connectErrors.add()
            backend?.statistics.connectErrors.add()
            metering.end(failure == .timedOut ? .serverTimedOut : .serverAborted)
            refuse(failure == .timedOut ? "server does not answer" : "cannot connect to server")
        }
    }

    private func redispatch(from old: Server, _ failure: RetryMachine.Failure) {
        guard let backend, let context else { return }
        metering.leaveServer()
        let decision = backend.acquire(
            for: session.id,
            on: context.channel,
            source: identity.source,
            avoiding: toAvoid(old, in: backend)
        )
        guard case .server(let server) = decision, server.name == old.name else {
            old.statistics.redispatches.add()
            backend.statistics.redispatches.add()
            metering.update { $0.wasRedispatched = true }
            follow(decision)
            return
        }
        countRetry(server)
        metering.assigned(server)
        let pause = min(RetryMachine.turnAround, settings?.connectTimeout ?? RetryMachine.turnAround)
        rest(failure == .refused ? pause : 0) { [self] in connect(to: server) }
    }

    /// Without SMTP the algorithm alone decides, as in HAProxy.
    private func toAvoid(_ old: Server, in backend: Backend) -> [String] {
        guard speaksSMTP else { return [] }
        if backend.hasAlternative(to: attempts.failed) { return attempts.failed }
        return backend.hasAlternative(to: [old.name]) ? [old.name] : []
    }

    private func rest(_ delay: Int, then body: @escaping () -> Void) {
        state = .resting
        arm(.milliseconds(Int64(delay)), body)
    }

    private func countRetry(_ server: Server) {
        server.statistics.retries.add()
        backend?.statistics.retries.add()
    }
}
