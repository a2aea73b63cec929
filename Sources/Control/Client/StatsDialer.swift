// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import NIOPosix

/// Connects to a stats socket, sends commands, and hands the answer over as it comes.
package enum StatsDialer {
    /// Seconds to connect, and seconds without a byte of the answer.
    private static let connectTimeout: Int64 = 5
    private static let silenceLimit: Int64 = 60

    /// Sends `lines` and calls `receive` with every piece of the answer until the server closes.
    ///
    /// - Throws: `DialError`.
    package static func ask(
        _ address: StatsAddress,
        _ lines: String,
        receive: (ByteBuffer) throws -> Void
    ) async throws {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(connectTimeout))
            .channelOption(.allowRemoteHalfClosure, value: true)
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel =
                switch address {
                case .unix(let path):
                    try await bootstrap.connect(unixDomainSocketPath: path) { wrap($0) }
                case .ip(let host, let port):
                    try await bootstrap.connect(host: host, port: port) { wrap($0) }
                }
        } catch {
            throw DialError(error, address)
        }
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: lines))
                for try await piece in inbound { try receive(piece) }
            }
        } catch let error as IOError {
            throw DialError(error, address)
        } catch is SilenceError {
            throw DialError.silent(address)
        }
    }

    private static func wrap(_ channel: any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> {
        channel.eventLoop.makeCompletedFuture {
            let operations = channel.pipeline.syncOperations
            try operations.addHandler(IdleStateHandler(readTimeout: .seconds(silenceLimit)))
            try operations.addHandler(SilenceHandler())
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
    }
}

private struct SilenceError: Error {}

/// Ends a connection that stays silent, and one that the server has closed.
private final class SilenceHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? IdleStateHandler.IdleStateEvent, event == .read {
            context.fireErrorCaught(SilenceError())
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// Why a stats socket could not be asked, in words for people: which socket, why, and what to do.
package enum DialError: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no such socket file.
    case missing(StatsAddress)
    /// Nobody listens there.
    case refused(StatsAddress)
    /// The file's mode keeps this user out.
    case forbidden(StatsAddress)
    /// Nobody answered in time.
    case silent(StatsAddress)
    /// What the kernel said.
    case other(StatsAddress, String)

    init(_ error: any Error, _ address: StatsAddress) {
        // errno values of Linux, the same on every architecture it runs on here.
        let (noEntry, notPermitted, accessDenied, connectionRefused) = (Int32(2), Int32(1), Int32(13), Int32(111))
        switch error {
        case let error as IOError where error.errnoCode == noEntry: self = .missing(address)
        case let error as IOError where error.errnoCode == connectionRefused: self = .refused(address)
        case let error as IOError where error.errnoCode == accessDenied || error.errnoCode == notPermitted:
            self = .forbidden(address)
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self = DialError(first.error, address)
            } else {
                self = .other(address, "the host name is unknown")
            }
        case is ChannelError: self = .other(address, "no connection in time")
        default: self = .other(address, "\(error)")
        }
    }

    package var description: String {
        switch self {
        case .missing(let address):
            "there is no stats socket at \(address). Is relaybox running (systemctl status relaybox), "
                + "and does its configuration have 'stats socket \(address)'? Name another one with --socket."
        case .refused(let address):
            "nobody answers at \(address): relaybox is not running. Start it with: systemctl start relaybox"
        case .forbidden(let address):
            "you may not open \(address). Run this as root, or as a member of the group that owns the socket."
        case .silent(let address):
            "\(address) took the command but does not answer: the process hangs or is very busy. See its log."
        case .other(let address, let reason):
            "cannot talk to \(address): \(reason)"
        }
    }
}
