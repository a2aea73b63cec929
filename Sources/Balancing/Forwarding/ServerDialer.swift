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
        timeout: Int?,
        from origin: Origin = .any
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(timeout.map { .milliseconds(Int64($0)) } ?? unlimited)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: RelayEnd.readBuffer)
        switch target {
        case .tcp(let host, let port):
            let bound = bind(bootstrap, to: origin)
            if let address = try? SocketAddress(ipAddress: host, port: port) { return bound.connect(to: address) }
            return bound.connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .pool:
            return loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }

    static func isServersFault(_ error: any Error) -> Bool {
        guard let error = error as? IOError else { return true }
        return !SystemErrors.own.contains(error.errnoCode)
    }

    private static func bind(_ bootstrap: ClientBootstrap, to origin: Origin) -> ClientBootstrap {
        switch origin {
        case .any: return bootstrap
        case .own(let address):
            // Without a port of its own the kernel chooses one when it knows the other end, and so does not run out of them.
            guard address.port == 0 else {
                return bootstrap.channelOption(.socketOption(.so_reuseaddr), value: 1).bind(to: address)
            }
            return bootstrap.channelOption(SocketOptions.bindAddressNoPort, value: 1).bind(to: address)
        case .foreign(let address):
            let bound = bootstrap.channelOption(TransparentSocket.option(for: address), value: 1)
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
            guard address.port == 0 else { return bound.bind(to: address) }
            return bound.channelOption(SocketOptions.bindAddressNoPort, value: 1).bind(to: address)
        }
    }
}
