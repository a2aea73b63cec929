// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The server's end of a forwarded session: gives `RouteHandler` what the server sends.
final class ServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The client's side; nil once the session is over.
    private weak var route: RouteHandler?
    private(set) var end: RelayEnd?

    init(route: RouteHandler) {
        self.route = route
    }

    func handlerAdded(context: ChannelHandlerContext) {
        end = RelayEnd(context)
    }

    /// Closes the connection; what still happens on it is nobody's business.
    func leave() {
        route = nil
        end?.close()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        route?.serverSent(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        route?.serverPaused()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        end?.read(while: route?.end)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { route?.end?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            end?.noteInputEnded()
            route?.serverEnded()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        route?.serverFailed()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        route?.serverGone()
        context.fireChannelInactive()
    }
}
