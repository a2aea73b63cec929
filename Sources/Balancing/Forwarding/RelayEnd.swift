// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One of the two channels that a forwarded session joins: writes to it, holds its reads back while the other end cannot
/// take more, and closes it without losing a byte.
final class RelayEnd {
    /// How long a peer may take to close when the other one has gone and has left nothing for it.
    static let lingerTime = TimeAmount.seconds(2)
    /// How long a peer may take none of what was left for it, where no timeout of its own says so.
    static let patience = TimeAmount.minutes(1)

    /// Bytes of one read: an ordinary message is one or two, bulk grows to the most. A session that is silent keeps the least.
    static let readBuffer = AdaptiveRecvByteBufferAllocator(minimum: 8_192, initial: 8_192, maximum: 65_536)

    private let context: ChannelHandlerContext
    /// The peer has closed its direction.
    private(set) var inputEnded = false
    private var isOutputClosing = false
    private var wantsRead = false
    private var hasUnflushed = false
    private var lingering: Scheduled<Void>?

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

    /// Closes the channel once everything written is on its way, or where its peer takes none of it any more.
    ///
    /// - Parameter patience: how long that may last; nil: no timeout is set.
    func finish(patience: TimeAmount?) {
        guard context.channel.isActive else { return }
        inputEnded = true
        closeOutput()
        // Mostly everything is on its way already.
        guard context.channel.isActive else { return }
        context.channel.closeFuture.assumeIsolated().whenComplete { [self] _ in lingering?.cancel() }
        linger(patience ?? RelayEnd.patience, left: unsent, since: context.eventLoop.now)
    }

    /// Looks now and then whether what is left grows less.
    private func linger(_ patience: TimeAmount, left: Int, since: NIODeadline) {
        lingering = context.eventLoop.assumeIsolated().scheduleTask(in: RelayEnd.lingerTime) { [self] in
            let (now, unsent) = (context.eventLoop.now, unsent)
            guard unsent > 0, unsent < left || now - since < patience else { return context.close(promise: nil) }
            linger(patience, left: unsent, since: unsent < left ? now : since)
        }
    }

    /// Bytes that wait here for the kernel to take them.
    private var unsent: Int { (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    func close() {
        context.close(promise: nil)
    }
}
