// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Spooling
import TLS

/// One connection to a next hop: bytes to the machine, actions to the channel, verdicts to its lane.
final class DialogueHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let relay: Relay
    let share: LaneShare
    /// The search that the connection came from.
    let walk: HopWalk
    /// Whether the right to a connection goes back when this one is gone; false once the search goes on with it.
    var hasPermit = true
    /// When the connection came about and how long that took, greeting and EHLO included: milliseconds.
    let opened: Int64
    private(set) var setUpTime: Int64 = 0
    /// The message under way.
    private(set) var request: DeliveryRequest?
    /// Whether greeting and EHLO are through.
    private(set) var wasReady = false
    /// What the lane has counted the connection as.
    var standing: Standing
    /// Whether it has had a message.
    var isUsed = false
    /// Messages it has taken.
    var served = 0

    enum Standing {
        case opening, up, refused
        /// It is for one message alone and not counted.
        case apart
    }

    let lane: Lane
    let settings: DeliverySettings
    var machine: DialogueMachine
    private(set) var decoder: ReplyDecoder
    /// The encryption, from the start of its handshake on.
    var tls: DialogueTLS?
    var body: OutgoingBody?
    /// Whether the transaction of `request` has begun; before that its first piece may still be on its way from the
    /// spool.
    var hasBegun = false
    var isReading = false
    private(set) var context: ChannelHandlerContext?
    private let clock = StepClock()

    init(lane: Lane, walk: HopWalk, relay: Relay, settings: DeliverySettings) {
        self.lane = lane
        self.walk = walk
        self.relay = relay
        self.settings = settings
        share = walk.share
        opened = walk.opened
        standing = walk.isFailover ? .apart : .opening
        machine = DialogueMachine(
            hostname: settings.hostname,
            encryption: walk.isPlain
                ? .none : lane.encryption.wanted(settings.tls, for: relay.host, now: walk.opened)
        )
        decoder = ReplyDecoder(limit: settings.replySizeLimit)
    }

    /// Whether it waits for a message.
    var isIdle: Bool { request == nil && machine.isReady }

    /// Whether the final dot is out and its reply is not here yet.
    var isBeyondRecall: Bool { machine.step == .endOfData && request != nil }

    /// Delivers the current recipients of a request; the connection is ready.
    func begin(_ request: DeliveryRequest) {
        self.request = request
        hasBegun = false
        body = OutgoingBody(request.envelope, request.body?.bytes, lineLimit: settings.lineLengthLimit)
        if request.body == nil, body?.wanted != nil {
            readAhead()
        } else {
            beginTransaction()
        }
        arm()
    }

    /// Ends the connection politely.
    func quit() {
        perform(machine.quit())
        arm()
    }

    /// Gives up at once and returns the request under way.
    func giveUp() -> DeliveryRequest? {
        machine.abandon()
        context?.close(promise: nil)
        return takeRequest()
    }

    // MARK: events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        clock.passed = { [weak self] in self?.timeIsUp() }
        if settings.tls.isWrapped { startTLS() }
        arm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // why: a connection that is closed while it is being taken in never becomes inactive.
        connectionEnded()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.received(unwrapInboundIn(data))
        do throws(ReplyDecoder.Failure) {
            while let reply = try decoder.next() { perform(machine.received(reply)) }
        } catch {
            switch error {
            case .malformed(let line): perform(machine.failed(.malformed(line)))
            case .tooLong(let limit): perform(machine.failed(.tooLong(limit: limit)))
            }
            context.close(promise: nil)
        }
        arm()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionEnded()
        context.fireChannelInactive()
    }

    /// The connection is gone, however it went; any number of times.
    private func connectionEnded() {
        perform(machine.failed(.lost))
        if let request = takeRequest() {
            // why: its first piece was still on its way from the spool; nothing of it went out.
            lane.gaveBack(request, from: self)
        }
        clock.stop()
        lane.closed(self)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard tls != nil, TLSConnection.isHandshakeCompleted(event) else {
            return context.fireUserInboundEventTriggered(event)
        }
        handshakeCompleted()
        arm()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = TLSFailure(error), isHandshaking {
            handshakeFailed(failure)
        } else {
            perform(machine.failed(.lost))
        }
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, machine.step == .body { sendBody() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: the one place that acts

    func perform(_ action: DialogueMachine.Action) {
        switch action {
        case .none: break
        case .write(let bytes): write(bytes)
        case .ready:
            if !wasReady {
                wasReady = true
                setUpTime = max(0, lane.now() - opened)
            }
            lane.becameReady(self)
        case .sendBody: sendBody()
        case .finish(let verdicts, let next): finish(verdicts, next)
        case .stale:
            if let request = takeRequest() { lane.gaveBack(request, from: self) }
            context?.close(promise: nil)
        case .unusable(let verdict):
            lane.refused(self, verdict)
            context?.close(promise: nil)
        case .startTLS: startTLS()
        case .retryPlain:
            lane.encryption.remember(relay.host, until: lane.now() + Int64(settings.minimalBackoff))
            lane.retriesPlain(self)
            context?.close(promise: nil)
        case .close:
            context?.close(promise: nil)
        }
    }

    private func finish(_ verdicts: [Verdict], _ next: DialogueMachine.Next) {
        if let request = takeRequest() { lane.finished(request, verdicts, on: self) }
        goOn(next)
    }

    /// What becomes of the connection after a transaction.
    func goOn(_ next: DialogueMachine.Next) {
        switch next {
        case .ready where decoder.isEmpty: lane.becameReady(self)
        case .ready, .close:
            // why: more replies than questions. What is left over would be taken for the next transaction's.
            machine.abandon()
            context?.close(promise: nil)
        case .write(let bytes): write(bytes)
        }
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Ends the handler's part in the message under way.
    func takeRequest() -> DeliveryRequest? {
        defer {
            request = nil
            body = nil
        }
        return request
    }

    // MARK: the clock

    /// Sets the deadline of the step the machine is at.
    func arm() {
        guard let context else { return clock.rest() }
        clock.arm(timeLimit, on: context.eventLoop)
    }

    private var timeLimit: Int? {
        if let step = machine.step { return settings.timeout(at: step) }
        return machine.isReady && request == nil ? settings.connectionIdleTime : nil
    }

    private func timeIsUp() {
        guard let context else { return }
        if machine.isReady {
            lane.idledOut(self)
        } else {
            perform(machine.failed(.timedOut))
            context.close(promise: nil)
        }
    }
}
