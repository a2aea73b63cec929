// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Bytes both ways between a client and a server on the network, half-closes included.
extension RouteHandler {
    func beginRelay(_ handler: ServerHandler, _ channel: any Channel, _ server: Server) {
        sendHeader(to: handler, server)
        startRelay(handler)
        do {
            try channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            context?.close(promise: nil)
        }
    }

    /// The header must be the first thing the server sees, and must not wait for the client's first byte.
    func sendHeader(to handler: ServerHandler, _ server: Server) {
        headerWatch = HeaderWatch(sentHeader: server.settings.sendProxy != nil)
        guard
            var header = server.settings.header(for: identity, uniqueID: { metering.uniqueID(identity) })
        else { return }
        // Bytes that are here already travel in the same packet.
        if !speaksSMTP {
            header.writeBuffer(&early)
            early = ByteBuffer()
        }
        handler.end?.write(NIOAny(header))
        handler.end?.flush()
    }

    /// From here on bytes go both ways; the server's channel reads or is about to.
    func startRelay(_ handler: ServerHandler) {
        guard let context else { return }
        cancelTimer()
        state = .relaying
        self.server = handler
        replies = speaksSMTP ? ReplyTracker() : nil
        transactions = speaksSMTP ? TransactionTracker() : nil
        if early.readableBytes > 0 {
            headerWatch?.clientSent(early)
            transactions?.clientSent(early)
            handler.end?.write(NIOAny(early))
            handler.end?.flush()
            early = ByteBuffer()
        }
        watchServer()
        if inputEnded { handler.end?.closeOutput() }
        do {
            try context.channel.syncOptions?.setOption(.recvAllocator, value: RelayEnd.readBuffer)
            try context.channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: Events of the server's channel

    func serverSent(_ data: NIOAny) {
        switch state {
        case .relaying:
            if replies != nil { replies?.sent(unwrapInboundIn(data)) }
            if transactions != nil { transactions?.serverSent(unwrapInboundIn(data)) }
            if headerWatch != nil { watch(unwrapInboundIn(data)) }
            end?.write(data)
            if ending != nil { endAtBoundary() }
        case .greeting: greetingReceived(unwrapInboundIn(data))
        case .idle, .queued, .connecting, .resting, .left: break
        }
    }

    private func watch(_ bytes: ByteBuffer) {
        let verdict = headerWatch?.serverSent(bytes)
        if headerWatch?.isDone ?? true { headerWatch = nil }
        if let verdict { perform(verdict) }
    }

    func serverPaused() {
        end?.flush()
    }

    /// The server closed its direction.
    func serverEnded() {
        switch state {
        case .greeting: greetingEnded()
        case .relaying: if !serverLost() { end?.closeOutput() }
        case .idle, .queued, .connecting, .resting, .left: break
        }
    }

    /// The server's connection broke.
    func serverFailed() {
        switch state {
        case .greeting: greetingEnded()
        case .relaying: if !serverLost() { metering.end(.serverAborted) }
        case .idle, .queued, .connecting, .resting, .left: break
        }
    }

    /// The server's channel is closed.
    func serverGone() {
        switch state {
        case .greeting: greetingEnded()
        case .relaying:
            if serverLost() { return }
            server = nil
            cancelTimer()
            end?.finish(patience: metering.plan.clientTimeout)
        case .idle, .queued, .connecting, .resting, .left: break
        }
    }

    // MARK: The server's silence

    private func watchServer() {
        guard let context, let timeout = settings?.serverTimeout else { return }
        metering.notesActivity = true
        metering.lastActivity = context.eventLoop.now
        let limit = TimeAmount.milliseconds(Int64(timeout))
        arm(limit) { [self] in serverTimerFired(limit) }
    }

    private func serverTimerFired(_ limit: TimeAmount) {
        guard case .relaying = state, let context else { return }
        let silence = context.eventLoop.now - metering.lastActivity
        if silence < limit {
            arm(limit - silence) { [self] in serverTimerFired(limit) }
        } else {
            metering.end(.serverTimedOut)
            if !sayFarewell(environment.lost("server does not answer")) { end?.close() }
        }
    }
}
