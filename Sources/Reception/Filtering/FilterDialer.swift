// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Opens connections to filters, on the event loop of the session that asks.
enum FilterDialer {
    /// Connects within `timeout` milliseconds; `handler` is in the pipeline before the first byte comes.
    static func connect(
        to address: FilterAddress,
        on loop: any EventLoop,
        timeout: Int,
        handler: any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(handler, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(clamping: max(1, timeout))))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
        switch address {
        case .ip(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
            return bootstrap.connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// The error of a connect in the words of the log.
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
