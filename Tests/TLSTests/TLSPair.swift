// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Support
import TLS

/// A client and a server in one thread: what one writes is what the other reads, in pieces of any size.
final class TLSPair {
    /// Speaks inside of the encryption.
    final class Inside: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var connection: TLSConnection?
        var context: ChannelHandlerContext?
        var facts: EncryptionFacts?
        var failures: [TLSFailure] = []
        var text = ""
        var isClosed = false

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) { isClosed = true }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if TLSConnection.isHandshakeCompleted(event) { facts = connection?.established() }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let failure = TLSFailure(error) { failures.append(failure) }
            context.close(promise: nil)
        }

        func write(_ text: String) {
            context?.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }

    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    let clientInside = Inside()
    let serverInside = Inside()
    private let piece: Int

    init(
        _ identity: ServerIdentity,
        _ policy: ClientPolicy = ClientPolicy(),
        host: String = "relay.example.net",
        piece: Int = .max
    ) throws {
        self.piece = piece
        for (channel, inside) in [(client, clientInside), (server, serverInside)] {
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 25)).wait()
            try channel.pipeline.syncOperations.addHandler(inside)
        }
        if let context = serverInside.context {
            serverInside.connection = try TLSConnection.start(identity, before: context)
        }
        if let context = clientInside.context {
            clientInside.connection = try TLSConnection.start(policy.context(), to: host, before: context)
        }
        try pump()
    }

    /// Carries bytes until both have nothing more to say.
    func pump() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            for (from, to) in [(client, server), (server, client)] {
                while let bytes = try from.readOutbound(as: ByteBuffer.self) {
                    isMoving = true
                    var rest = bytes
                    while rest.readableBytes > 0, to.isActive,
                        let next = rest.readSlice(length: min(piece, rest.readableBytes))
                    {
                        // why: a failed handshake is thrown here as well, and the handlers have heard of it.
                        _ = try? to.writeInbound(next)
                    }
                }
            }
        }
    }
}

extension ServerIdentity {
    static func relay(protocols: TLSProtocols = TLSProtocols()) throws -> ServerIdentity {
        try ServerIdentity(
            files: [Array(TestCertificate.relayKey.utf8), Array(TestCertificate.relay.utf8)],
            names: ["/key", "/certificate"],
            protocols: protocols
        )
    }
}
