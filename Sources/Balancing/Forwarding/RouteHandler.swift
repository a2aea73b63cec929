// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import SMTP

/// Takes a session to its server when that is not a pool with room: waits in the queue, connects, tries again, and then
/// forwards bytes both ways on the client's event loop.
///
/// Nothing is read from the client before the server is connected, and the PROXY header is in the first write.
final class RouteHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum State {
        case idle
        case queued
        case connecting
        /// Connected, and the server has not greeted yet.
        case greeting
        /// Between two attempts.
        case resting
        case relaying
        /// Somebody else has the channel now, or it is about to close.
        case left
    }

    let metering: MeteringHandler
    let session: Session
    let identity: ProxyHeader
    var backend: Backend?
    var settings: BackendSettings?
    var retry = RetryMachine(retries: 0, redispatches: false, connectTimeout: nil)
    var state = State.idle
    var context: ChannelHandlerContext?
    /// The client's end of the relay.
    var end: RelayEnd?
    var server: ServerHandler?
    /// What the client sent, and closed, before anybody could take it.
    var early = ByteBuffer()
    var timer: Scheduled<Void>?
    /// Whether clients of the backend speak SMTP.
    var speaksSMTP = false
    var greeting = GreetingMachine()
    var attempts = Attempts()
    /// Where the server's replies are; nil where nobody speaks SMTP.
    var replies: ReplyTracker?
    /// What is under way between client and server; nil where nobody speaks SMTP.
    var transactions: TransactionTracker?
    /// Somebody wants the session to end.
    var ending: Ending?
    /// Nil once it has seen enough.
    var headerWatch: HeaderWatch?

    init(metering: MeteringHandler, session: Session, identity: ProxyHeader) {
        self.metering = metering
        self.session = session
        self.identity = identity
    }

    var environment: Environment { metering.switchboard.environment }
    var inputEnded: Bool { end?.inputEnded ?? false }

    // MARK: Events of the client's channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        end = RelayEnd(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        clientGone()
        self.context = nil
        end = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .relaying:
            headerWatch?.clientSent(unwrapInboundIn(data))
            if transactions != nil { transactions?.clientSent(unwrapInboundIn(data)) }
            server?.end?.write(data)
        case .idle, .queued, .connecting, .greeting, .resting:
            // Not asked for, but a client that closes after its first bytes makes the channel read them.
            var bytes = unwrapInboundIn(data)
            early.writeBuffer(&bytes)
        case .left:
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .relaying = state { server?.end?.flush() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        switch state {
        case .relaying: end?.read(while: server?.end)
        case .idle, .queued, .connecting, .greeting, .resting, .left: context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { server?.end?.resumeReading() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ServerAssigned:
            turnCame()
        case let request as SessionEndRequest:
            asked(toEnd: request.reason)
        case ChannelEvent.inputClosed:
            end?.noteInputEnded()
            if case .relaying = state { server?.end?.closeOutput() }
            context.fireUserInboundEventTriggered(event)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        clientGone()
        context.fireChannelInactive()
    }

    private func clientGone() {
        let before = state
        state = .left
        cancelTimer()
        forgetEnding()
        switch before {
        case .queued:
            backend?.abandon(session.id)
            metering.update { $0.gaveUpWaiting(at: .now()) }
            metering.end(.clientAborted)
        case .connecting, .greeting, .resting:
            metering.end(.clientAborted)
            dropServer()
        case .relaying:
            let patience = settings?.serverTimeout.map { TimeAmount.milliseconds(Int64($0)) }
            if metering.record.termination == .normal {
                server?.end?.finish(patience: patience)
            } else {
                server?.end?.close()
            }
        case .idle, .left:
            break
        }
        server = nil
    }

    // MARK: Requests to end

    private func asked(toEnd reason: SessionEndRequest.Reason) {
        switch (state, reason) {
        // Who is not there yet goes to another server by itself.
        case (.queued, .serverDown), (.connecting, .serverDown), (.greeting, .serverDown), (.resting, .serverDown),
            (.queued, .serverUp), (.connecting, .serverUp), (.greeting, .serverUp), (.resting, .serverUp):
            break
        // Where nobody speaks SMTP, a session has until the grace period is over, whatever it is at.
        case (.queued, .shutdown) where !speaksSMTP, (.connecting, .shutdown) where !speaksSMTP,
            (.resting, .shutdown) where !speaksSMTP:
            break
        case (.queued, _), (.connecting, _), (.greeting, _), (.resting, _), (.idle, _):
            dropServer()
            if let context { refuse(context, environment.farewell(reason), speaksSMTP: speaksSMTP) }
        case (.relaying, _):
            relayAsked(toEnd: reason)
        case (.left, _):
            break
        }
    }

    /// Turns the client away, in SMTP with a reason.
    func refuse(_ reason: String) {
        guard let context else { return }
        refuse(context, environment.unavailable(reason), speaksSMTP: speaksSMTP)
    }

    func refuse(_ context: ChannelHandlerContext, _ reply: String, speaksSMTP: Bool) {
        if case .queued = state {
            metering.update { $0.gaveUpWaiting(at: .now()) }
            backend?.abandon(session.id)
        }
        turnAway(context, speaksSMTP ? reply : nil)
    }

    /// Ends the session with a last reply, or without a word.
    func turnAway(_ context: ChannelHandlerContext, _ reply: String?) {
        state = .left
        cancelTimer()
        forgetEnding()
        metering.leaveServer()
        do {
            try context.channel.pipeline.syncOperations.addHandler(
                FarewellHandler(reply: reply, inputEnded: inputEnded)
            )
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: Time

    func arm(_ delay: TimeAmount, _ body: @escaping () -> Void) {
        cancelTimer()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: delay, body)
    }

    func cancelTimer() {
        timer?.cancel()
        timer = nil
    }
}
