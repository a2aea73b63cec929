// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One of the two channels that a forwarded session joins: writes to it, holds its reads back while the other end cannot
/// take more, and closes it without losing a byte.
final class RelayEnd {
    /// How long an end may take to deliver its last bytes when the other one has gone.
    static let lingerTime = TimeAmount.seconds(2)

    /// Bytes of one read: an ordinary message is one or two, bulk grows to the most. A session that is silent keeps the least.
    static let readBuffer = AdaptiveRecvByteBufferAllocator(minimum: 8_192, initial: 8_192, maximum: 65_536)

    private let context: ChannelHandlerContext
    /// The peer has closed its direction.
    private(set) var inputEnded = false
    private var isOutputClosing = false
    private var wantsRead = false
    private var hasUnflushed = false

    init(_ context: ChannelHandlerContext) {
        self.context = context
    }

    var isWritable: Bool { context.channel.isWritable }
    var isActive: Bool { context.channel.isActive }

    func write(_ data: NIOAny) {
        hasUnflushed = true
        context.write(data, promise: nil)
    }

    func flush() {
        guard hasUnflushed else { return }
        hasUnflushed = false
        context.flush()
    }

    /// The channel asks whether it may read.
    func read(while other: RelayEnd?) {
        if other?.isWritable ?? false { context.read() } else { wantsRead = true }
    }

    /// The other end can take more.
    func resumeReading() {
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    /// The peer closed its direction.
    func noteInputEnded() {
        inputEnded = true
    }

    /// Closes our direction once everything written is on its way; all of it where the peer's is closed already.
    func closeOutput() {
        guard !isOutputClosing, context.channel.isActive else { return }
        isOutputClosing = true
        hasUnflushed = false
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.assumeIsolated().whenComplete { [self] _ in
            if inputEnded { context.close(promise: nil) }
        }
        if inputEnded {
            // A half-close would become a full one here, and throw away what is not written yet.
            context.writeAndFlush(NIOAny(ByteBuffer()), promise: done)
        } else {
            context.flush()
            context.close(mode: .output, promise: done)
        }
    }

    /// Closes the channel once everything written is on its way, or after a moment.
    func finish() {
        guard context.channel.isActive else { return }
        inputEnded = true
        closeOutput()
        // Mostly everything is on its way already.
        guard context.channel.isActive else { return }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: RelayEnd.lingerTime) { [self] in
            context.close(promise: nil)
        }
        context.channel.closeFuture.assumeIsolated().whenComplete { _ in timer.cancel() }
    }

    func close() {
        context.close(promise: nil)
    }
}
