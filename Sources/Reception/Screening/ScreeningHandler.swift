// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import Resolving
import SMTP

/// A connection that waits for its greeting: little more than the machine, so that thousands of them cost little. When the
/// wait is over a `SessionHandler` takes its place.
final class ScreeningHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let arrival: ScreeningArrival
    /// Where the lane keeps this connection; nil when it does not.
    var place: ParkingLane.Place?

    private var machine: ScreeningMachine
    private var context: ChannelHandlerContext?
    private let inquiry: BlocklistInquiry?
    private var input = ByteBuffer()
    private var holdsRead = false
    /// Whether a session has taken its place.
    private var isReplaced = false

    init(_ arrival: ScreeningArrival, machine: ScreeningMachine, inquiry: BlocklistInquiry?) {
        self.arrival = arrival
        self.machine = machine
        self.inquiry = inquiry
    }

    private var lane: ParkingLane { arrival.lane.parking }
    private var score: BlocklistScore? { inquiry?.answers.score(by: arrival.policy.panel.sites) }
    private var seconds: Int64 { arrival.pool.now() / 1_000 }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        arrival.pool.statistics.screening.parked.enter()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        lane.remove(self)
        arrival.pool.statistics.screening.parked.leave()
        self.context = nil
        // why: a connection that was gone when it came here never becomes inactive.
        if !isReplaced { hungUp() }
    }

    /// Sends the teaser and begins to wait.
    func park(teases: Bool) {
        guard let context else { return }
        let milliseconds = arrival.policy.wait(for: machine.awaited)
        lane.add(self, until: context.eventLoop.now + .milliseconds(Int64(milliseconds)))
        if teases { context.writeAndFlush(wrapOutboundOut(arrival.policy.teaser), promise: nil) }
        guard let inquiry else { return }
        // why: the lists answer on a thread of their own, perhaps when the client has gone.
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        if !inquiry.whenComplete(on: context.eventLoop, { handler.value.listsAnswered() }) { listsAnswered() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received(unwrapInboundIn(data))
    }

    /// The client has sent something before its greeting.
    func received(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, arrival.isOpen else { return }
        input.writeImmutableBuffer(bytes)
        guard machine.awaited.contains(.pregreet) else { return }
        arrival.log.pregreeted(input, after: arrival.age)
        arrival.pool.statistics.screening.failed(.pregreet)
        perform(machine.spoke(score, at: seconds))
    }

    func read(context: ChannelHandlerContext) {
        // why: what comes before the greeting stays in the kernel's buffer, but for one read.
        if input.readableBytes > 0 { holdsRead = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hungUp()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let request as SessionEndRequest:
            become(.ended(request.reason))
        case ChannelEvent.inputClosed:
            hungUp()
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The lane's clock: the greeting is due.
    func waited() {
        if let inquiry, machine.awaited.contains(.blocklist), !inquiry.isComplete,
            arrival.policy.wait(for: machine.awaited) >= arrival.policy.settings.blocklistTimeout
        {
            arrival.pool.listReport?.late(inquiry.missing, after: arrival.policy.settings.blocklistTimeout)
        }
        perform(machine.waited(score, at: seconds))
    }

    private func listsAnswered() {
        guard arrival.isOpen, let score else { return }
        perform(machine.listsAnswered(score, at: seconds))
    }

    private func perform(_ action: ScreeningMachine.Action) {
        if case .none = action { return }
        become(.judged(action, machine, score))
    }

    /// The session takes over, with what the client has sent so far.
    private func become(_ ending: ScreeningArrival.Ending) {
        guard let context, arrival.isOpen else { return }
        lane.remove(self)
        let session = SessionHandler(pool: arrival.pool, lane: arrival.lane)
        do {
            try context.pipeline.syncOperations.addHandler(session, position: .after(self))
        } catch {
            context.close(promise: nil)
            return
        }
        isReplaced = true
        if holdsRead { context.read() }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        arrival.begin(session, ending, input: input)
    }

    /// The client has gone.
    private func hungUp() {
        guard arrival.isOpen else { return }
        lane.remove(self)
        arrival.hungUp(in: "tests before SMTP handshake")
    }
}
