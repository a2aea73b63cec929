// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Ends a connection so that the client can read the last reply: closes our direction, throws away what still comes in,
/// and cuts the rest after a moment.
final class FarewellHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a client may take to close after the last reply.
    static let lingerTime = TimeAmount.seconds(2)

    /// Bytes that are thrown away before a client that keeps sending is cut.
    private static let discardLimit = 1_048_576

    private let reply: String?
    private var discarded = 0
    private var timer: Scheduled<Void>?
    private var inputEnded: Bool

    /// - Parameters:
    ///   - reply: the last reply with its line end; nil closes at once.
    ///   - inputEnded: whether the client has closed its direction already.
    init(reply: String?, inputEnded: Bool) {
        self.reply = reply
        self.inputEnded = inputEnded
    }

    func handlerAdded(context: ChannelHandlerContext) {
        guard let reply, context.channel.isActive else {
            context.close(promise: nil)
            return
        }
        let buffer = context.channel.allocator.buffer(string: reply)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.replyWritten(context) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: written)
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: FarewellHandler.lingerTime) {
            context.close(promise: nil)
        }
    }

    private func replyWritten(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if inputEnded {
            context.close(promise: nil)
        } else {
            context.close(mode: .output, promise: nil)
            // What the client sent must be read, or the kernel answers it with a reset that overtakes the reply.
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        discarded += unwrapInboundIn(data).readableBytes
        if discarded > FarewellHandler.discardLimit { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return }
        inputEnded = true
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }
}
