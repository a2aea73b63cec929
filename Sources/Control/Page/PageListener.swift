// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import NIOHTTP1
import NIOPosix

/// One open address of a page.
final class PageListener: Sendable {
    /// Bytes of one header, of all headers, and how many of them a request may have.
    private static let headerSize = 8_192
    private static let headersSize = 16_384
    private static let headerCount = 64

    let page: String
    let address: BindSettings.Address
    /// Where clients connect: with the port that the kernel chose.
    let port: Int?
    private let channel: any Channel
    private let file: SocketFile?

    private init(page: String, address: BindSettings.Address, channel: any Channel, file: SocketFile?) {
        self.page = page
        self.address = address
        self.channel = channel
        self.file = file
        port = channel.localAddress?.port
    }

    /// Opens the address and accepts on `loop`.
    ///
    /// - Parameters:
    ///   - makeHandler: the handler of a client; nil when the page is gone.
    /// - Throws: `ControlError`.
    static func open(
        _ listener: PageSettings.Listener,
        of page: String,
        on loop: any EventLoop,
        gate: ClientGate,
        inherited: @Sendable (BindSettings.Address) -> Int32?,
        makeHandler: @escaping @Sendable () -> PageHandler?
    ) async throws -> PageListener {
        let limits = NIOHTTPDecoderLimitConfiguration.page(
            field: headerSize,
            list: headersSize,
            count: headerCount
        )
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: Int32(clamping: listener.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientGateHandler(gate: gate))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let handler = makeHandler() else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withErrorHandling: false,
                        withEncoderConfiguration: .init(),
                        withDecoderLimitConfiguration: limits
                    )
                    try pipeline.addHandler(handler)
                }
            }
        var label = StatsSocketSettings(address: listener.address)
        label.level = .user
        do {
            if let descriptor = inherited(listener.address).flatMap(SocketFile.duplicate) {
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return PageListener(page: page, address: listener.address, channel: channel, file: nil)
            }
            switch listener.address {
            case .unix(let path):
                let (file, descriptor) = try SocketFile.make(label, at: path)
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return PageListener(page: page, address: listener.address, channel: channel, file: file)
            case .ip(let host, let port):
                let channel = try await bootstrap.bind(host: host, port: port).get()
                return PageListener(page: page, address: listener.address, channel: channel, file: nil)
            case .systemd:
                throw SocketFile.Failure(text: "systemd passed no socket of this name")
            }
        } catch let failure as SocketFile.Failure {
            throw ControlError(socket: label.label, reason: failure.text)
        } catch let error as IOError {
            throw ControlError(socket: label.label, reason: error.description)
        } catch {
            throw ControlError(socket: label.label, reason: "\(error)")
        }
    }

    /// Stops accepting and removes the socket's file. Clients stay.
    func close() async {
        file?.remove()
        try? await channel.close()
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    fileprivate static func page(field: Int, list: Int, count: Int) -> NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = field
        limits.maxHeaderListSize = list
        limits.maxHeaderFieldCount = count
        return limits
    }
}
