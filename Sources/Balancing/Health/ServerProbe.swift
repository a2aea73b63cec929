// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import ProxyProtocol

/// One plain TCP check of a server: a connection that is opened, greeted with a PROXY header where the server expects
/// one, and closed.
enum ServerProbe {
    /// - Parameter timeout: milliseconds the whole check may take.
    static func run(_ server: Server, on loop: any EventLoop, timeout: Int) -> EventLoopFuture<CheckResult> {
        let began = NIODeadline.now()
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(.milliseconds(Int64(timeout)))
        let connection: EventLoopFuture<any Channel>
        switch server.settings.target {
        case .tcp(let host, let port):
            if let address = try? SocketAddress(ipAddress: host, port: port) {
                connection = bootstrap.connect(to: address)
            } else {
                connection = bootstrap.connect(host: host, port: port)
            }
        case .unix(let path):
            connection = bootstrap.connect(unixDomainSocketPath: path)
        case .pool:
            return loop.makeSucceededFuture(CheckResult(status: .layer4Passed, duration: 0))
        }
        let version = server.settings.sendProxy
        return connection.map { channel in
            let duration = Int((NIODeadline.now() - began).nanoseconds / 1_000_000)
            close(channel, version)
            return CheckResult(status: .layer4Passed, duration: duration)
        }.flatMapErrorThrowing { error in
            let duration = Int((NIODeadline.now() - began).nanoseconds / 1_000_000)
            if case ChannelError.connectTimeout = error {
                return CheckResult(status: .layer4TimedOut, duration: duration)
            }
            return CheckResult(status: .layer4Failed, info: FailureText.of(error), duration: duration)
        }
    }

    /// A server that expects a header gets one that says that nobody but us is calling.
    private static func close(_ channel: any Channel, _ version: ProxyHeaderVersion?) {
        guard let version else {
            channel.close(promise: nil)
            return
        }
        let header = ProxyHeader(
            command: .local,
            source: channel.localAddress,
            destination: channel.remoteAddress
        )
        var buffer = ByteBuffer()
        ProxyHeaderEncoder(version: version).encode(header, into: &buffer)
        channel.writeAndFlush(buffer).whenComplete { _ in channel.close(promise: nil) }
    }
}
