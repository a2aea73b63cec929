// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Opens connections to filters, on the event loop of the session that asks.
enum FilterDialer {
    /// Connects within `timeout` milliseconds. `handler` is added to the connection that is up, before its first byte comes;
    /// without one `failed` is told why not, in the words of the log.
    static func connect(
        to address: FilterAddress,
        on loop: any EventLoop,
        timeout: Int,
        handler: any ChannelHandler,
        failed: @escaping (String) -> Void
    ) {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(clamping: max(1, timeout))))
            .channelOption(.socketOption(.so_keepalive), value: 1)
        // why: a name may have several addresses, and each is tried with a channel of its own, which the handler must not know.
        connect(bootstrap, to: address).assumeIsolated().whenComplete { result in
            do {
                try result.get().pipeline.syncOperations.addHandler(handler)
            } catch {
                failed(reason(error))
            }
        }
    }

    private static func connect(_ bootstrap: ClientBootstrap, to address: FilterAddress) -> EventLoopFuture<any Channel>
    {
        switch address {
        case .ip(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
            return bootstrap.connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// The error of a connection in the words of the log.
    static func reason(_ error: any Error) -> String {
        if case .connectTimeout = error as? ChannelError { return "Connection timed out" }
        if let error = error as? NIOConnectionError {
            guard let failure = error.connectionErrors.last else { return "Host or domain name not found" }
            return reason(failure.error)
        }
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case 2: return "No such file or directory"
        case 13, 1: return "Permission denied"
        case 24, 23: return "Too many open files"
        case 104: return "Connection reset by peer"
        case 110: return "Connection timed out"
        case 111: return "Connection refused"
        case 113: return "No route to host"
        default: return "error \(error.errnoCode)"
        }
    }
}
