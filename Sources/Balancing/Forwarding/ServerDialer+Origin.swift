// SPDX-License-Identifier: Apache-2.0

import NIOCore
import ProxyProtocol

extension ServerDialer {
    /// Where a connection comes from.
    enum Origin: Sendable, Equatable {
        /// Whatever the kernel chooses.
        case any
        /// An address of this host.
        case own(SocketAddress)
        /// An address of somebody else, which the answers must be routed back through here for.
        case foreign(SocketAddress)
    }

    /// Why a connection cannot come from where it should. Such a session is not served: the server would judge it by our
    /// own address.
    enum OriginError: Error, Equatable, CustomStringConvertible {
        case noClientAddress
        case familiesDiffer(client: String, server: String)

        var description: String {
            switch self {
            case .noClientAddress: "the client has no IP address that could be used"
            case .familiesDiffer(let client, let server):
                "the client's address \(client) is of another family than the server \(server)"
            }
        }
    }
}

extension ServerDialer.Origin {
    /// Where connections of checks come from.
    init(checking server: ServerSettings, in backend: BackendSettings) {
        self = .any
        if let source = server.source ?? backend.source, let host = source.host,
            let address = try? SocketAddress(ipAddress: host, port: 0)
        {
            self = .own(address)
        }
    }

    /// Where a session's connection comes from (`source`, `usesrc`).
    ///
    /// - Parameters:
    ///   - client: what is known of the client; where that is nothing, the connection's own peer counts.
    ///   - channel: the client's.
    init(of server: Server, _ backend: BackendSettings?, client: ProxyHeader, on channel: any Channel) throws {
        guard let source = server.settings.source ?? backend?.source, case .tcp(let host, _) = server.settings.target
        else {
            self = .any
            return
        }
        switch source.shown {
        case .own:
            guard let own = source.host else {
                self = .any
                return
            }
            self = .own(try SocketAddress(ipAddress: own, port: source.port))
        case .foreign(let address, let port):
            self = .foreign(try SocketAddress(ipAddress: address, port: port))
        case .client, .clientAddress:
            guard let peer = client.source ?? channel.remoteAddress?.unmapped, let ip = IPAddress(peer) else {
                throw ServerDialer.OriginError.noClientAddress
            }
            if let target = IPAddress(host), target.isIPv4 != ip.isIPv4 {
                throw ServerDialer.OriginError.familiesDiffer(client: ip.description, server: host)
            }
            let port = source.shown == .client ? peer.port ?? 0 : 0
            self = .foreign(try SocketAddress(ipAddress: ip.description, port: port))
        }
    }
}

extension RouteHandler {
    /// A connection could not come from where it should: says so once.
    func reportOrigin(_ error: any Error, _ server: Server) {
        guard (server.settings.source ?? settings?.source) != nil else { return }
        let reason: String
        if let error = error as? ServerDialer.OriginError {
            reason = error.description
        } else if let error = error as? IOError, SystemErrors.origin.contains(error.errnoCode) {
            reason = FailureText.of(error) + TransparentSocket.advice(error)
        } else {
            return
        }
        let fault = ServerTraffic.Fault(
            kind: "source \(reason.prefix(40))",
            advice: "",
            summary: "cannot bind to its source address: \(reason)"
        )
        guard server.traffic.failed(fault) else { return }
        // HAProxy's words.
        environment.log(
            .alert,
            "Cannot bind to tproxy source address before connect() for backend \(server.backend): \(reason).",
            session: session.id
        )
    }
}
