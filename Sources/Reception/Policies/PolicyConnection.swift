// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One connection to a policy service: one question at a time, and its answer.
final class PolicyConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// When it was begun.
    let began: NIODeadline
    /// Questions that were answered.
    private(set) var answers = 0
    private let loop: any EventLoop
    private var context: ChannelHandlerContext?
    private var decoder = PolicyReplyDecoder()
    private var question = ByteBuffer()
    private var waiting: ((PolicyAnswer) -> Void)?
    private var timer: Scheduled<Void>?
    private var isOver = false
    /// Told once, when nothing more can be asked.
    var ended: (() -> Void)?

    init(on loop: any EventLoop) {
        self.loop = loop
        began = loop.now
    }

    /// Asks, as soon as the connection is up; `then` gets the answer within `timeout` milliseconds, perhaps at once.
    func ask(_ request: String, timeout: Int, then: @escaping (PolicyAnswer) -> Void) {
        guard !isOver else { return then(.failed("it closed the connection")) }
        waiting = then
        question.writeString(request)
        arm(timeout) { $0.fail("Connection timed out") }
        send()
    }

    /// Nothing is asked for now; ends after `time` milliseconds of that.
    func rest(for time: Int) {
        arm(time) { $0.close() }
    }

    /// The connection could not be made, or is of no use any more.
    func fail(_ reason: String) {
        guard !isOver else { return }
        let waiting = waiting
        self.waiting = nil
        close()
        waiting?(.failed(reason))
    }

    func close() {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        context?.close(promise: nil)
        ended?()
        ended = nil
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isOver { context.close(promise: nil) } else { send() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard waiting != nil else { return close() }
        do throws(PolicyReplyDecoder.Failure) {
            guard let action = try decoder.received(unwrapInboundIn(data)) else { return }
            answers += 1
            timer?.cancel()
            let waiting = waiting
            self.waiting = nil
            waiting?(.action(action))
        } catch {
            switch error {
            case .tooLong: fail("an answer of more than \(PolicyReplyDecoder.byteLimit) bytes")
            case .malformed(let line): fail("'\(line)' in its answer is no attribute")
            case .missingAction: fail("its answer has no action")
            case .leftOver: fail("more than one answer to a question")
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("it closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(FilterDialer.reason(error))
    }

    private func send() {
        guard let context, question.readableBytes > 0 else { return }
        let bytes = question
        question = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func arm(_ time: Int, then: @escaping (PolicyConnection) -> Void) {
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(clamping: max(1, time)))) { [weak self] in
            if let self { then(self) }
        }
    }
}
