// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling

/// One connection to a filter in front of the queue: replies to the machine, commands and the message to the channel.
final class ProxyFilterHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of the message read back at a time.
    private static let piece = 131_072

    private let name: String
    private let timeout: Int
    private let then: (ProxyFilterMachine.Result) -> Void
    private var machine: ProxyFilterMachine
    private var decoder = ReplyDecoder(limit: 16_384)
    private var stuffer = DotStuffer()
    private let reading: DraftReading
    private var isReading = false
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var isOver = false

    /// - Parameter then: is called once, on the event loop.
    init(
        name: String,
        machine: ProxyFilterMachine,
        body: any Draft,
        timeout: Int,
        loop: any EventLoop,
        then: @escaping (ProxyFilterMachine.Result) -> Void
    ) {
        self.name = name
        self.machine = machine
        self.timeout = timeout
        self.then = then
        reading = DraftReading(body, on: loop)
    }

    /// Connects to the filter and begins.
    func begin(to address: FilterAddress, on loop: any EventLoop) {
        FilterDialer.connect(to: address, on: loop, timeout: timeout, handler: self) {
            self.perform(self.machine.failed("connect to proxy filter \(self.name): \($0)"))
        }
    }

    /// Nobody waits for the message any more.
    func giveUp() {
        isOver = true
        stop()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isOver { stop() } else { arm() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        decoder.received(unwrapInboundIn(data))
        do throws(ReplyDecoder.Failure) {
            while !isOver, let reply = try decoder.next() {
                arm()
                perform(machine.received(reply))
            }
        } catch {
            perform(machine.failed("received garbage from proxy \(name)"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(machine.failed("lost connection with proxy \(name)"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        perform(machine.failed("lost connection with proxy \(name)"))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, machine.isSendingBody { sendBody() }
        context.fireChannelWritabilityChanged()
    }

    private func perform(_ action: ProxyFilterMachine.Action) {
        switch action {
        case .none: break
        case .write(let bytes): write(bytes)
        case .sendBody: sendBody()
        case .finish(let result, let bytes):
            guard !isOver else { return }
            isOver = true
            write(bytes)
            stop()
            then(result)
        }
    }

    private func sendBody() {
        guard !isReading, !isOver, let context, context.channel.isWritable else { return }
        guard !reading.isOver else {
            machine.bodySent()
            write(ByteBuffer(staticString: ".\r\n"))
            return arm()
        }
        isReading = true
        reading.next(limit: ProxyFilterHandler.piece) { [self] result in
            isReading = false
            guard !isOver else { return }
            switch result {
            case .success(let piece):
                write(stuffer.stuff(piece))
                arm()
                sendBody()
            case .failure(let error):
                perform(machine.failed("message not passed to proxy \(name): \(error.cause)"))
            }
        }
    }

    private func write(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func stop() {
        timer?.cancel()
        context?.close(promise: nil)
    }

    private func arm() {
        timer?.cancel()
        guard !isOver, let context else { return }
        let limit = TimeAmount.milliseconds(Int64(clamping: max(1, timeout)))
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            guard let self else { return }
            self.perform(self.machine.failed("timeout talking to proxy \(self.name)"))
        }
    }
}
