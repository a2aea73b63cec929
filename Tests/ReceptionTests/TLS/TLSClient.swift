// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import TLS

/// The client of a `TestSession` that is encrypted.
final class TLSClient {
    private final class Inside: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var connection: TLSConnection?
        var context: ChannelHandlerContext?
        var isEncrypted = false
        var text = ""

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if TLSConnection.isHandshakeCompleted(event) { isEncrypted = true }
        }
    }

    private let session: TestSession
    private let channel = EmbeddedChannel()
    private let inside = Inside()

    var isEncrypted: Bool { inside.isEncrypted }
    /// The certificate that the session has shown.
    var certificate: CertificateFacts? { inside.connection?.peerCertificate }

    /// Begins the handshake.
    init(of session: TestSession) throws {
        self.session = session
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.25", port: 25)).wait()
        try channel.pipeline.syncOperations.addHandler(inside)
        if let context = inside.context {
            inside.connection = try TLSConnection.start(
                ClientPolicy().context(),
                to: "relay.example.net",
                before: context
            )
        }
        try pump()
    }

    func send(_ text: String) throws {
        guard let context = inside.context else { return }
        context.writeAndFlush(inside.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        try pump()
    }

    /// The last line of the next reply; empty when there is none.
    func nextReply() throws -> String {
        try pump()
        while let end = inside.text.firstRange(of: "\r\n") {
            let line = String(inside.text[..<end.lowerBound])
            inside.text = String(inside.text[end.upperBound...])
            if line.dropFirst(3).first != "-" { return line }
        }
        return ""
    }

    private func pump() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            while let bytes = try channel.readOutbound(as: ByteBuffer.self), session.channel.isActive {
                isMoving = true
                try session.channel.writeInbound(bytes)
            }
            while let bytes = try session.channel.readOutbound(as: ByteBuffer.self), channel.isActive {
                isMoving = true
                _ = try? channel.writeInbound(bytes)
            }
        }
    }
}
