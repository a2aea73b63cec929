// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Opens connections to servers, and does blocking work off the event loops.
enum HopDialer {
    /// Why a connection could not be had.
    struct Failure: Sendable, Equatable {
        /// The address that was tried; nil when the name has none.
        var address: String?
        /// `Connection refused`.
        var reason: String
        /// The enhanced status code of the deferral.
        var dsn: String
    }

    /// Connects on `loop`; a server without address is looked up by the host and its addresses are tried as RFC 8305 says.
    static func connect(
        to target: HopTarget,
        on loop: any EventLoop,
        timeout milliseconds: Int
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(Int64(clamping: max(1, milliseconds))))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
        guard let address = target.address else { return bootstrap.connect(host: target.host, port: target.port) }
        do {
            return bootstrap.connect(to: try SocketAddress(ipAddress: "\(address)", port: target.port))
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Runs work that blocks on a small pool of threads.
    static func offLoop(_ work: @escaping @Sendable () -> Void) {
        NIOThreadPool.singleton.submit { _ in work() }
    }

    /// Puts the error of a connect into the words of the log.
    static func failure(_ error: any Error, connectingTo target: HopTarget) -> Failure {
        guard let error = error as? NIOConnectionError else {
            return Failure(address: target.address.map { "\($0)" }, reason: reason(error), dsn: "4.4.1")
        }
        if let failure = error.connectionErrors.last {
            return Failure(address: failure.target.ipAddress, reason: reason(failure.error), dsn: "4.4.1")
        }
        // why: `name service error` is what log tools know a failed look-up by.
        return Failure(
            address: nil,
            reason: "Host or domain name not found. Name service error for name=\(target.host)",
            dsn: "4.4.3"
        )
    }

    private static func reason(_ error: any Error) -> String {
        if case .connectTimeout = error as? ChannelError { return "Connection timed out" }
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case 13, 1: return "Permission denied"
        case 24, 23: return "Too many open files"
        case 97: return "Address family not supported by protocol"
        case 99: return "Cannot assign requested address"
        case 100, 101: return "Network is unreachable"
        case 104: return "Connection reset by peer"
        case 110: return "Connection timed out"
        case 111: return "Connection refused"
        case 112, 113: return "No route to host"
        default: return "error \(error.errnoCode)"
        }
    }
}
