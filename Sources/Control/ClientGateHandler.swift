// SPDX-License-Identifier: Apache-2.0

import Balancing
package import NIOCore

/// Holds back accepting while there are as many clients as there may be: further ones wait in the kernel's queue. Rests where the
/// process has no descriptor left.
package final class ClientGateHandler: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias OutboundIn = Never

    private let gate: ClientGate
    private let report: @Sendable (String) -> Void
    private var isResting = false

    /// One for each listening socket; the gate is shared by all of them. `report` takes a line for the log that begins with its verb.
    package init(gate: ClientGate, report: @escaping @Sendable (String) -> Void) {
        self.gate = gate
        self.report = report
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gate.enter(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    package func read(context: ChannelHandlerContext) {
        // why: a client that leaves asks for a read, and the rest would be none. Its end reads.
        guard !isResting else { return }
        let channel = context.channel
        if gate.hasRoom(orThen: { channel.read() }) { context.read() }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isResting else { return }
        isResting = true
        report("cannot accept connections (\(error)), trying again in a second.")
        let channel = context.channel
        AcceptRest.begin(channel) { [self] in
            isResting = false
            // It may bring one client more than there may be.
            AcceptRest.end(channel)
        }
    }
}
