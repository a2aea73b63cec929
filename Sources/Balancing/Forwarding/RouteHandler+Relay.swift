// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

/// Bytes both ways between a client and a server on the network, half-closes included.
extension RouteHandler {
    func beginRelay(_ handler: ServerHandler, _ channel: any Channel, _ server: Server) {
        guard let context else { return }
        cancelTimer()
        state = .relaying
        self.server = handler
        // The header must be the first thing the server sees, and must not wait for the client's first byte.
        var first = ByteBuffer()
        if let version = server.settings.sendProxy {
            ProxyHeaderEncoder(version: version).encode(identity, into: &first)
        }
        first.writeBuffer(&early)
        early = ByteBuffer()
        if first.readableBytes > 0 {
            handler.end?.write(NIOAny(first))
            handler.end?.flush()
        }
        watchServer()
        if inputEnded { handler.end?.closeOutput() }
        do {
            try channel.syncOptions?.setOption(.autoRead, value: true)
            try context.channel.syncOptions?.setOption(.autoRead, value: true)
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: Events of the server's channel

    func serverSent(_ data: NIOAny) {
        guard case .relaying = state, let context else { return }
        lastServerActivity = context.eventLoop.now
        end?.write(data)
    }

    func serverPaused() {
        end?.flush()
    }

    /// The server closed its direction.
    func serverEnded() {
        guard case .relaying = state else { return }
        end?.closeOutput()
    }

    /// The server's connection broke.
    func serverFailed() {
        guard case .relaying = state else { return }
        metering.end(.serverAborted)
    }

    /// The server's channel is closed.
    func serverGone() {
        guard case .relaying = state else { return }
        server = nil
        end?.finish()
    }

    // MARK: The server's silence

    private func watchServer() {
        guard let context, let timeout = settings?.serverTimeout else { return }
        lastServerActivity = context.eventLoop.now
        let limit = TimeAmount.milliseconds(Int64(timeout))
        arm(limit) { [self] in serverTimerFired(limit) }
    }

    private func serverTimerFired(_ limit: TimeAmount) {
        guard case .relaying = state, let context else { return }
        let silence = context.eventLoop.now - lastServerActivity
        if silence < limit {
            arm(limit - silence) { [self] in serverTimerFired(limit) }
        } else {
            metering.end(.serverTimedOut)
            end?.close()
        }
    }
}
