// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Connects one client of the stats socket with its session machine: bytes in, commands to the service, answers out.
///
/// At most one part of one answer is held at a time: the next one is made when the client has taken the last.
package final class StatsHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How long a client may take to close after we did.
    private static let linger = TimeAmount.seconds(1)

    private var machine: StatsSessionMachine
    private let service: StatsService
    /// The part of an answer that waits until the client has read the last one.
    private var parked: (@Sendable () -> AnswerPage)?
    private var isWorking = false
    private var isEnding = false
    private var timer: Scheduled<Void>?
    private var lastActivity = NIODeadline.now()

    /// One for each client.
    package init(machine: StatsSessionMachine, service: StatsService) {
        self.machine = machine
        self.service = service
    }

    package func channelActive(context: ChannelHandlerContext) {
        touch()
        armTimer(in: context)
        advance(in: context)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        touch()
        guard !isEnding else { return }
        machine.received(unwrapInboundIn(data))
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if isEnding { return context.read() }
        advance(in: context)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        touch()
        if let next = parked {
            parked = nil
            turn(next, in: context)
        } else {
            advance(in: context)
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            machine.inputClosed()
            if isEnding { return context.close(promise: nil) }
            advance(in: context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        machine.disconnected()
        parked = nil
        timer?.cancel()
        timer = nil
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Goes on with the session as far as it gets without waiting.
    private func advance(in context: ChannelHandlerContext) {
        guard !isWorking, !isEnding, parked == nil, context.channel.isActive, context.channel.isWritable else { return }
        perform(machine.next(), in: context)
    }

    private func perform(_ step: StatsSessionMachine.Step, in context: ChannelHandlerContext) {
        switch step {
        case .wait:
            if machine.wantsInput { context.read() }
        case .execute(let words):
            isWorking = true
            let answer = service.run(words, level: machine.level, on: context.eventLoop)
            answer.assumeIsolated().whenComplete { self.answered($0, in: context) }
        case .refuse(let text):
            write(ByteBuffer(string: mark(text) + "\n"), in: context)
            end(in: context)
        case .close:
            end(in: context)
        }
    }

    private func answered(_ result: Result<Answer, any Error>, in context: ChannelHandlerContext) {
        isWorking = false
        guard context.channel.isActive, !isEnding else { return }
        switch result {
        case .success(.silent): finish("", in: context)
        case .success(.text(let text)): finish(text, in: context)
        case .success(.failure(let text)): finish(mark(text), in: context)
        case .success(.change(let change)): finish("", change, in: context)
        case .success(.page(let page)):
            guard let next = page.next else { return finish(page, in: context) }
            if page.bytes.readableBytes > 0 { write(page.bytes, in: context) }
            if context.channel.isWritable { turn(next, in: context) } else { parked = next }
        case .failure: end(in: context)
        }
    }

    private func turn(_ next: @escaping @Sendable () -> AnswerPage, in context: ChannelHandlerContext) {
        isWorking = true
        let answer = service.turn(next, on: context.eventLoop)
        answer.assumeIsolated().whenComplete { self.answered($0, in: context) }
    }

    /// The end of a long answer. Where failures are marked, one in the middle becomes an answer of its own, because the mark
    /// stands at the beginning of one.
    private func finish(_ page: AnswerPage, in context: ChannelHandlerContext) {
        var bytes = page.bytes
        if let failure = page.failure { bytes.writeString((machine.severity == .none ? "" : "\n") + mark(failure)) }
        finish(bytes, nil, in: context)
    }

    private func finish(_ text: String, _ change: SessionChange? = nil, in context: ChannelHandlerContext) {
        finish(ByteBuffer(string: text), change, in: context)
    }

    private func finish(_ bytes: ByteBuffer, _ change: SessionChange?, in context: ChannelHandlerContext) {
        var bytes = bytes
        bytes.writeString(machine.finished(change))
        if bytes.readableBytes > 0 { write(bytes, in: context) }
        touch()
        if case .timeout = change { armTimer(in: context) }
        advance(in: context)
    }

    private func mark(_ text: String) -> String {
        switch machine.severity {
        case .none: text
        case .number: "[3]:" + text
        case .string: "[err]:" + text
        }
    }

    private func write(_ bytes: ByteBuffer, in context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Closes our side once everything is written, and all of it when the client has closed its own.
    private func end(in context: ChannelHandlerContext) {
        guard !isEnding else { return }
        isEnding = true
        timer?.cancel()
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
        let isInputClosed = machine.isInputClosed
        written.assumeIsolated().whenComplete { _ in
            guard context.channel.isActive else { return }
            guard !isInputClosed else { return context.close(promise: nil) }
            context.close(mode: .output, promise: nil)
            context.read()
            self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) {
                context.close(promise: nil)
            }
        }
    }

    private func touch() {
        lastActivity = .now()
    }

    /// Watches the client's silence; time that a command takes is not the client's.
    private func armTimer(in context: ChannelHandlerContext) {
        timer?.cancel()
        let deadline = lastActivity + .milliseconds(Int64(max(1, machine.timeout)))
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired(in: context) }
    }

    private func timerFired(in context: ChannelHandlerContext) {
        guard context.channel.isActive, !isEnding else { return }
        if isWorking { touch() }
        if NIODeadline.now() - lastActivity >= .milliseconds(Int64(max(1, machine.timeout))) {
            return context.close(promise: nil)
        }
        armTimer(in: context)
    }
}
