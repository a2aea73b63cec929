// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOSSL
import NIOTLS

/// The encryption of one connection: two handlers that stand in front of the one that speaks inside, on its event loop.
///
/// From `start` on everything that comes is taken for TLS; what the handler writes goes out when the handshake is over.
/// Then `isHandshakeCompleted` is true of a user event; errors of the kind `TLSFailure` end the connection.
package final class TLSConnection {
    /// How long a peer may take to agree that the connection ends.
    static let shutdownTimeout = TimeAmount.seconds(2)

    private let encryption: NIOSSLHandler
    private let observer: HelloObserver
    private let isServer: Bool
    private weak var channel: (any Channel)?

    private init(_ encryption: NIOSSLHandler, isServer: Bool) {
        self.encryption = encryption
        self.isServer = isServer
        observer = HelloObserver(isServer: isServer)
    }

    /// Begins as the server, in front of the handler whose context it is.
    package static func start(_ identity: ServerIdentity, before context: ChannelHandlerContext) throws -> TLSConnection
    {
        let connection = TLSConnection(NIOSSLServerHandler(context: identity.context), isServer: true)
        try connection.enter(before: context)
        return connection
    }

    /// Begins as the client.
    ///
    /// - Parameter host: the name that the server is told (SNI) and its certificate is checked for; an IP address is
    ///   checked for, and not told.
    package static func start(
        _ client: ClientContext,
        to host: String,
        before context: ChannelHandlerContext
    ) throws -> TLSConnection {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let isName =
            !isAddress && !host.isEmpty && host.utf8.count <= 255 && host.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
        let handler = try NIOSSLClientHandler(context: client.context, serverHostname: isName ? host : nil)
        let connection = TLSConnection(handler, isServer: false)
        try connection.enter(before: context)
        return connection
    }

    private func enter(before context: ChannelHandlerContext) throws {
        // why: with half-closed connections the library waits for its shutdown timer at every end.
        try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
        channel = context.channel
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(observer, position: .before(context.handler))
        try pipeline.addHandler(encryption, position: .before(context.handler))
    }

    /// Whether an inbound user event says that the handshake is over.
    package static func isHandshakeCompleted(_ event: Any) -> Bool {
        if case .handshakeCompleted = event as? TLSUserEvent { return true }
        return false
    }

    /// What was agreed upon, once the handshake is over; the observer's work is done then.
    package func established() -> EncryptionFacts {
        let version: TLSProtocols.Version? =
            switch encryption.tlsVersion {
            case .tlsv1: .tls1
            case .tlsv11: .tls11
            case .tlsv12: .tls12
            case .tlsv13: .tls13
            case nil: nil
            }
        let facts = EncryptionFacts(
            version: version?.name ?? "TLS",
            cipher: observer.hello?.cipher,
            group: observer.hello?.groupName
        )
        channel?.pipeline.syncOperations.removeHandler(observer, promise: nil)
        if isServer { acknowledge() }
        return facts
    }

    /// why: the last word of a handshake is the client's, and is answered by nothing. A client that waits for its acknowledgement
    /// (Nagle's algorithm) would say its next word 40 ms later, when the kernel has waited in vain for something to send.
    private func acknowledge() {
        channel?.setOption(.tcpOption(TLSConnection.quickAcknowledgement), value: 1).whenFailure { _ in }
    }

    /// TCP_QUICKACK (Linux, tcp(7)).
    private static let quickAcknowledgement = NIOBSDSocket.Option(rawValue: 12)

    /// The certificate that the peer has shown.
    package var peerCertificate: CertificateFacts? { encryption.peerCertificate.map { CertificateFacts($0) } }
}
