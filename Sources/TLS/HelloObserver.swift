// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Stands between the encryption and the network during a handshake, and reads from the server's hello what was agreed
/// upon. It also gives a way to close the connection that waits for nobody.
final class HelloObserver: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let isServer: Bool
    private var decoder = ServerHelloDecoder()
    private(set) var hello: ServerHello?

    init(isServer: Bool) {
        self.isServer = isServer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isServer { look(at: unwrapInboundIn(data)) }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isServer { look(at: unwrapOutboundIn(data)) }
        context.write(data, promise: promise)
    }

    private func look(at bytes: ByteBuffer) {
        guard hello == nil, !decoder.isOver else { return }
        hello = decoder.received(bytes)
    }
}
