// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// Connects to servers on the network, on the event loop of the client's channel, so that forwarding never leaves it.
enum ServerDialer {
    /// Where no `timeout connect` is set, the kernel gives up long before this.
    private static let unlimited = TimeAmount.hours(1)

    /// A connected channel that reads nothing until it is told to.
    static func connect(
        to target: ServerSettings.Target,
        on loop: any EventLoop,
        timeout: Int?
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout.map { .milliseconds(Int64($0)) } ?? unlimited)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
        switch target {
        case .tcp(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
            return bootstrap.connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .pool:
            return loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }
}
