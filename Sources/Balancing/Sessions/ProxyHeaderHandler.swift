// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP
import Statistics

/// Waits at the beginning of a connection for its PROXY header, hands it over and goes away (`accept-proxy`).
///
/// Nobody behind it sees a byte or sends one before a complete, valid header from somebody who may send one.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let metering: MeteringHandler
    private let meteringContext: ChannelHandlerContext
    private var decoder = ProxyHeaderDecoder()
    private var buffer = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private var isDone = false

    /// - Parameter context: the metering handler's, which stands before this one.
    init(metering: MeteringHandler, context: ChannelHandlerContext) {
        self.metering = metering
        meteringContext = context
    }

    func channelActive(context: ChannelHandlerContext) {
        let bind = metering.listener.bind
        metering.switchboard.arrivals.add(context.channel)
        if let trusted = bind.proxyFrom, let peer = context.channel.remoteAddress, IPAddress(peer) != nil,
            !trusted.contains(where: { $0.contains(peer) })
        {
            metering.frontend.statistics.deniedConnections.add()
            fail(context, .untrustedPeer)
            return
        }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(bind.headerTimeout))) {
            self.fail(context, .timedOut(received: self.buffer.readableBytes))
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        metering.switchboard.arrivals.remove(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeBuffer(&bytes) }
        switch decoder.decode(&buffer) {
        case .needMore: break
        case .header(let header): succeed(context, header)
        case .invalid(let error): fail(context, error)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed where !isDone:
            fail(context, .closed(received: buffer.readableBytes))
        case is SessionEndRequest where !isDone:
            stop(context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDone { context.fireErrorCaught(error) } else { fail(context, .connectionFailed) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone, !metering.isRefused { fail(context, .closed(received: buffer.readableBytes)) }
        context.fireChannelInactive()
    }

    private func succeed(_ context: ChannelHandlerContext, _ header: ProxyHeader) {
        isDone = true
        deadline?.cancel()
        metering.discountHeader(leaving: buffer.readableBytes)
        metering.begin(meteringContext, header: header)
        // What came behind the header belongs to whoever stands behind this handler now.
        if buffer.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(buffer))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: ProxyHeaderError) {
        guard !isDone else { return }
        isDone = true
        deadline?.cancel()
        let frontend = metering.frontend
        if error != .untrustedPeer { frontend.statistics.requestErrors.add() }
        // why whatever `log` says: somebody believes to be a client and is not, or a proxy believes to be trusted.
        metering.switchboard.environment.log(.informational, errorLine(context, error))
        let hostname = metering.switchboard.environment.hostname
        var inputEnded = false
        if case .closed = error { inputEnded = true }
        let reply = "421 4.3.0 \(hostname) Service not available: PROXY protocol header expected\r\n"
        leave(context, error == .connectionFailed ? nil : reply, inputEnded: inputEnded)
    }

    /// The grace period of a stop is over.
    private func stop(_ context: ChannelHandlerContext) {
        isDone = true
        deadline?.cancel()
        let environment = metering.switchboard.environment
        let error = ProxyHeaderError.timedOut(received: buffer.readableBytes)
        environment.log(.informational, prefix(context) + "\(error.logText) (the process stops)")
        leave(context, environment.farewell(.shutdown), inputEnded: false)
    }

    /// Closes, with a last reply where clients of the frontend speak SMTP.
    private func leave(_ context: ChannelHandlerContext, _ reply: String?, inputEnded: Bool) {
        guard context.channel.isActive else { return }
        let farewell = FarewellHandler(reply: metering.plan.speaksSMTP ? reply : nil, inputEnded: inputEnded)
        do {
            try context.pipeline.syncOperations.addHandler(farewell, position: .after(self))
        } catch {
            context.close(promise: nil)
        }
    }

    /// HAProxy's short error line, with what was wrong in brackets where its words do not say it.
    private func errorLine(_ context: ChannelHandlerContext, _ error: ProxyHeaderError) -> String {
        let peer = context.channel.remoteAddress?.logText ?? "unknown"
        let line = prefix(context)
        let bind = metering.listener.bind.address
        switch error {
        case .timedOut(received: 0):
            // A proxy that sends no header waits for a banner, as an SMTP client does.
            return line + "\(error.logText) (nothing came: is send-proxy missing on the side of \(peer)? "
                + "If it is no proxy, drop accept-proxy from bind \(bind))"
        case .closed, .timedOut, .connectionFailed:
            return line + error.logText
        case .looksLikeSMTP, .looksLikeTLS, .looksLikeHTTP, .notAHeader:
            return line + "\(error.logText) (\(error); if \(peer) is no proxy, drop accept-proxy from bind \(bind))"
        case .untrustedPeer:
            return line
                + "\(error.logText) (\(peer) is not listed in proxy-from of bind \(metering.listener.bind.address))"
        case .lowerCase, .lineTooLong, .illegalCharacter,
            .unknownProtocol, .badWordCount, .badAddress, .badPort, .badVersion, .badCommand, .badFamily,
            .headerTooLong,
            .addressesTruncated, .valueOverrun, .badValue, .badChecksum:
            return line + "\(error.logText) (\(error))"
        }
    }

    /// `127.0.0.1:4242 [24/Nov/2026:08:35:59.168] ft/1: `
    private func prefix(_ context: ChannelHandlerContext) -> String {
        let environment = metering.switchboard.environment
        let peer = context.channel.remoteAddress?.logText ?? "unknown"
        return "\(peer) [\(Timestamp.text(environment.local(environment.now)))] \(metering.listener.title): "
    }
}
