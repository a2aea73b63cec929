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
    private let listener: ControlListener

    private init(_ page: String, _ address: BindSettings.Address, _ listener: ControlListener) {
        self.page = page
        self.address = address
        self.listener = listener
    }

    /// Where clients connect: with the port that the kernel chose.
    var port: Int? { listener.port }

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
        inherited: @escaping @Sendable (BindSettings.Address) -> Int32?,
        report: @escaping ListeningSockets.Report,
        makeHandler: @escaping @Sendable () -> PageHandler?
    ) async throws -> PageListener {
        let name = "Proxy \(page)"
        let place = StatsSocketSettings(address: listener.address)
        let opened = try await ControlListener.open(
            place,
            inherited: inherited,
            report: { report($0, "\(name) \($1)") },
            accepting: {
                bootstrap(loop, backlog: listener.backlog, makeHandler) {
                    ClientGateHandler(gate: gate) { report(.emergency, "\(name) \($0)") }
                }
            }
        )
        return PageListener(page, listener.address, opened)
    }

    /// Stops accepting and removes the socket's file. Clients stay.
    func close() async {
        await listener.close()
    }

    private static func bootstrap(
        _ loop: any EventLoop,
        backlog: Int,
        _ makeHandler: @escaping @Sendable () -> PageHandler?,
        gate: @escaping @Sendable () -> ClientGateHandler
    ) -> ServerBootstrap {
        let limits = NIOHTTPDecoderLimitConfiguration.page(
            field: headerSize,
            list: headersSize,
            count: headerCount
        )
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: Int32(clamping: backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(gate())
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
