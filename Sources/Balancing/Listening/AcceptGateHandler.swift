// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

/// Stands before a listening socket's acceptor: lets a connection in only when the limits have room for it, and waits
/// where the process has no descriptor left.
final class AcceptGateHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel

    private let gate: AcceptGate
    private let listener: FrontendListener
    private let environment: Environment
    /// Accepted, but no room yet: at most what one pass of `accept` brought.
    private var parked = CircularBuffer<any Channel>()
    private var wantsRead = false
    private var isResting = false
    /// The rest has begun, and may last beyond its time, until there is room.
    private var isPaused = false
    /// The gate knows that this socket waits.
    private var isWaiting = false

    init(gate: AcceptGate, listener: FrontendListener, environment: Environment) {
        self.gate = gate
        self.listener = listener
        self.environment = environment
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parked.append(unwrapInboundIn(data))
        admit(context)
    }

    func read(context: ChannelHandlerContext) {
        if parked.isEmpty, !isResting { context.read() } else { wantsRead = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is AcceptResumed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isWaiting = false
        admit(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isResting else { return }
        isResting = true
        isPaused = true
        environment.log(
            .emergency,
            "Proxy \(listener.frontend.name) cannot accept connections (\(error)), trying again in a second."
        )
        AcceptRest.begin(context.channel) {
            self.isResting = false
            self.resumeReading(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        for channel in parked { channel.close(promise: nil) }
        parked.removeAll()
        context.fireChannelInactive()
    }

    /// Lets in as many of those who wait as the limits allow.
    private func admit(_ context: ChannelHandlerContext) {
        while let channel = parked.first {
            if listener.admit(channel, through: gate) {
                _ = parked.removeFirst()
                context.fireChannelRead(wrapInboundOut(channel))
            } else if isWaiting {
                return
            } else {
                // Room that came before the gate knew of us is not announced: hence one more look.
                isWaiting = true
                gate.wait(context.channel)
            }
        }
        resumeReading(context)
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard parked.isEmpty, !isResting, context.channel.isActive else { return }
        if isPaused {
            isPaused = false
            wantsRead = false
            AcceptRest.end(context.channel)
        } else if wantsRead {
            wantsRead = false
            context.read()
        }
    }
}
