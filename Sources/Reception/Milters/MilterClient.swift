// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// One connection to a filter: events to the machine, packets to the channel, verdicts to whoever asked.
///
/// Lives on its session's event loop. Once the filter has failed, every event gets the verdict of
/// `milter_default_action`, for as long as the session lasts.
final class MilterClient: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of events that need no answer which are collected before they go out.
    private static let flushSize = 65_536

    let manner: MilterManner
    private let address: FilterAddress
    private let name: String
    private let loop: any EventLoop
    private let warn: (String) -> Void
    private(set) var machine: MilterMachine
    private var decoder = MilterPacketDecoder()
    private var context: ChannelHandlerContext?
    private var output = ByteBuffer()
    private var waiting: ((MilterVerdict) -> Void)?
    /// Who goes on when the filter has read what was written to it.
    private var stalled: (() -> Void)?
    private var timer: Scheduled<Void>?
    private var limit = 0
    private var isOver = false
    private var isPaused = false
    private var holdsRead = false
    /// What is said to every event since the filter failed.
    private(set) var fallback: MilterVerdict?
    /// Told of the changes that the filter makes; false when one cannot be made.
    var edited: ((MilterEdit) -> Bool)?

    /// - Parameter warn: writes a warning to the log.
    init(
        _ settings: MilterSettings,
        in pool: MilterManner,
        loop: any EventLoop,
        warn: @escaping (String) -> Void
    ) {
        manner = settings.manner(in: pool)
        address = settings.address
        name = settings.name
        self.loop = loop
        self.warn = warn
        machine = MilterMachine(version: manner.version)
    }

    /// Connects and negotiates.
    func open(then: @escaping (MilterVerdict) -> Void) {
        waiting = then
        FilterDialer.connect(to: address, on: loop, timeout: manner.connectTimeout, handler: self) {
            self.fail("connect to Milter service \(self.name): \($0)")
        }
    }

    /// Tells the filter of an event; `then` is called at once where no answer is needed.
    func tell(
        _ command: MilterCommand,
        macros: [MilterMacro],
        limit: Int? = nil,
        then: @escaping (MilterVerdict) -> Void
    ) {
        switch pass(command, macros: macros, limit: limit, then: then) {
        case .some(let verdict): then(verdict)
        case .none: break
        }
    }

    /// The same, but what is known at once is returned; nil means that `then` will be called.
    func pass(
        _ command: MilterCommand,
        macros: [MilterMacro],
        limit: Int? = nil,
        then: @escaping (MilterVerdict) -> Void
    ) -> MilterVerdict? {
        if let fallback { return fallback }
        if isOver { return .proceed }
        // why: nobody may pass because somebody stopped waiting for the filter.
        guard !machine.isWaiting else {
            waiting = nil
            fail("milter \(name): no reply to an earlier event")
            return fallback
        }
        self.limit = limit ?? manner.commandTimeout
        switch machine.tell(command, macros: macros) {
        case .none, .edit:
            return .proceed
        case .proceed(let bytes):
            output.writeImmutableBuffer(bytes)
            if output.readableBytes >= MilterClient.flushSize { flush() }
            return .proceed
        case .write(let bytes):
            output.writeImmutableBuffer(bytes)
            waiting = then
            arm()
            flush()
            return nil
        case .verdict(let verdict):
            return verdict
        case .failed(let reason):
            waiting = nil
            fail("milter \(name): \(reason)")
            return fallback
        }
    }

    /// Calls back when the filter has read most of what was written to it, or failed; false, and never, when it has now.
    func waitsForRoom(then: @escaping () -> Void) -> Bool {
        guard !isOver, let context, !context.channel.isWritable else { return false }
        stalled = then
        limit = manner.contentTimeout
        arm()
        return true
    }

    /// The message is given up, or over.
    func abort() {
        waiting = nil
        stalled = nil
        edited = nil
        // why: its answer would be taken for the answer to something else.
        if machine.isWaiting { return fail("milter \(name): no reply to an earlier event") }
        guard let bytes = machine.abort() else { return }
        output.writeImmutableBuffer(bytes)
        flush()
    }

    /// The filter has seen the whole message and said its word: the next one may begin.
    func messageEnded() {
        machine.messageBegins()
    }

    /// The session is over.
    func close() {
        waiting = nil
        stalled = nil
        edited = nil
        isOver = true
        if let bytes = machine.quit() {
            output.writeImmutableBuffer(bytes)
            flush()
        }
        stop()
    }

    /// Reads nothing more of the filter until `resume`.
    func pause() { isPaused = true }

    func resume() {
        isPaused = false
        if holdsRead {
            holdsRead = false
            context?.read()
        }
    }

    // MARK: events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        begin()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        timer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        decoder.received(unwrapInboundIn(data))
        do throws(MilterPacketDecoder.Failure) {
            while !isOver, let packet = try decoder.next() { received(packet) }
        } catch {
            switch error {
            case .empty: fail("milter \(name): bad packet length: 0")
            case .tooLong(let length): fail("milter \(name): unreasonable packet length: \(length)")
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOver, !machine.hasDecided { fail("milter \(name): lost connection") }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOver, !machine.hasDecided { fail("milter \(name): \(FilterDialer.reason(error))") }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, stalled != nil {
            timer?.cancel()
            goOn()
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if isPaused { holdsRead = true } else { context.read() }
    }

    private func begin() {
        guard !isOver else { return stop() }
        guard case .write(let bytes) = machine.connected() else { return }
        limit = manner.commandTimeout
        output.writeImmutableBuffer(bytes)
        arm()
        flush()
    }

    private func received(_ packet: MilterPacket) {
        let response: MilterResponse
        do throws(MilterResponse.Failure) {
            response = try MilterResponse(packet)
        } catch {
            let reason =
                switch error {
                case .unknown: "unknown filter response \(packet.name)"
                case .truncated: "malformed data in filter response \(packet.name)"
                case .leftOver(let count): "reply \(packet.name) was followed by \(count) data bytes"
                case .malformedReply(let text): "malformed reply: \(text)"
                }
            return fail("milter \(name): \(reason)")
        }
        switch machine.received(response) {
        case .none:
            // why: it is still at work, and has its time anew.
            arm()
        case .edit(let edit):
            arm()
            if edited?(edit) == false { fail("milter \(name): too many or too large changes of a message") }
        case .verdict(let verdict):
            timer?.cancel()
            answer(verdict)
        case .failed(let reason):
            fail("milter \(name): \(reason)")
        case .proceed, .write:
            break
        }
    }

    private func answer(_ verdict: MilterVerdict) {
        guard let waiting else { return }
        self.waiting = nil
        waiting(verdict)
    }

    private func fail(_ reason: String) {
        guard !isOver else { return }
        isOver = true
        warn(reason)
        machine.failed()
        let verdict = manner.defaultAction.verdict
        fallback = verdict
        stop()
        answer(verdict)
        goOn()
    }

    private func goOn() {
        guard let stalled else { return }
        self.stalled = nil
        stalled()
    }

    private func stop() {
        timer?.cancel()
        isPaused = false
        output = ByteBuffer()
        context?.close(promise: nil)
    }

    private func flush() {
        guard let context, output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func arm() {
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(clamping: max(1, limit)))) { [weak self] in
            guard let self else { return }
            self.fail("milter \(self.name): timeout while waiting for a reply")
        }
    }
}
