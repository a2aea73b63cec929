// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol
import TLS

/// Runs a `CheckDialogueMachine` over one connection, from the first byte to the last.
final class CheckDialogueHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How a connection of a check ended.
    enum Outcome: Sendable {
        case finished(CheckResult)
        /// The next step needs another connection.
        case connect(CheckDialogueMachine, port: Int?, sendsProxy: Bool)
    }

    /// How long a server may take for a greeting it has begun, where no limit was set: postscreen waits six seconds
    /// between the lines of its own.
    private static let patience = TimeAmount.seconds(10)
    /// How long a server that failed may take to answer QUIT.
    private static let farewell = TimeAmount.seconds(1)

    var machine: CheckDialogueMachine
    let plan: CheckPlan
    let version: ProxyHeaderVersion?
    private let began: NIODeadline
    private let deadline: NIODeadline
    private let promise: EventLoopPromise<Outcome>
    let trace: CheckTrace?
    /// The encryption, from the start of its handshake on.
    var tls: TLSConnection?
    var isEncrypted = false
    private var timer: Scheduled<Void>?
    private var outcome: Outcome?

    init(
        _ machine: CheckDialogueMachine,
        plan: CheckPlan,
        version: ProxyHeaderVersion?,
        began: NIODeadline,
        deadline: NIODeadline,
        promise: EventLoopPromise<Outcome>,
        trace: CheckTrace?
    ) {
        self.machine = machine
        self.plan = plan
        self.version = version
        self.began = began
        self.deadline = deadline
        self.promise = promise
        self.trace = trace
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(deadline, context)
        if let version {
            let header = ProxyHeader(
                command: .local,
                source: context.channel.localAddress,
                destination: context.channel.remoteAddress
            )
            var buffer = ByteBuffer()
            ProxyHeaderEncoder(version: version).encode(header, into: &buffer)
            trace?.sent(buffer)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
        if let tls = plan.tls, !tls.startsLater {
            startTLS(context)
        } else {
            perform(machine.connected(sentHeader: version != nil), context)
        }
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        trace?.received(bytes)
        perform(machine.received(bytes), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(machine.closed(), context)
        leave(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if tls != nil, TLSConnection.isHandshakeCompleted(event) { return handshakeCompleted(context) }
        guard case ChannelEvent.inputClosed = event else { return }
        perform(machine.closed(), context)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if tls != nil, let failure = TLSFailure(error) {
            encryptionFailed(failure, context)
        } else {
            perform(machine.failed(FailureText.of(error)), context)
        }
        context.close(promise: nil)
    }

    func perform(_ first: CheckDialogueMachine.Action, _ context: ChannelHandlerContext) {
        var action = first
        while true {
            switch action {
            case .wait, .none: return
            case .startTLS: return startTLS(context)
            case .send(let bytes):
                write(bytes, context)
                action = machine.sent()
            case .connect(let port, let sendsProxy):
                outcome = .connect(machine, port: port, sendsProxy: sendsProxy)
                context.close(promise: nil)
                return
            case .finish(let verdict):
                outcome = .finished(CheckResult(judged(verdict), duration: CheckPlan.milliseconds(since: began)))
                guard verdict.owesQuit, context.channel.isActive else {
                    context.close(promise: nil)
                    return
                }
                write(CheckDialogueMachine.quit, context)
                schedule(.now() + CheckDialogueHandler.farewell, context)
                return
            }
        }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        let buffer = ByteBuffer(bytes: bytes)
        trace?.sent(buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func schedule(_ time: NIODeadline, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { self.timeIsUp(context) }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        let latest = began + CheckDialogueHandler.patience
        if outcome == nil, !plan.isStrict, machine.isAnswering, NIODeadline.now() < latest {
            schedule(latest, context)
            return
        }
        guard outcome == nil else {
            context.close(promise: nil)
            return
        }
        perform(isHandshaking ? machine.handshakeTimedOut() : machine.timedOut(), context)
    }

    /// The connection is gone: only now is the check over, so that no server is left in the middle of a sentence.
    private func leave(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        let broken = CheckVerdict(status: .broken, info: "Connection closed")
        promise.succeed(
            outcome ?? .finished(CheckResult(broken, duration: CheckPlan.milliseconds(since: began)))
        )
    }
}

/// Hears what goes over the wire of a check.
struct CheckTrace: Sendable {
    var sent: @Sendable (ByteBuffer) -> Void
    var received: @Sendable (ByteBuffer) -> Void
    /// What the two sides agreed upon, and whose certificate it is.
    var encrypted: @Sendable (EncryptionFacts, CertificateFacts?) -> Void = { _, _ in }
}
