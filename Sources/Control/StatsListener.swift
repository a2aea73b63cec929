// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import NIOPosix

/// One open stats socket: a UNIX socket, a TCP port, or a socket that systemd opened.
final class StatsListener: Sendable {
    /// Bytes of one command line, newline excluded.
    static let maximumLineLength = 16_384

    let settings: StatsSocketSettings
    private let listener: ControlListener

    private init(_ settings: StatsSocketSettings, _ listener: ControlListener) {
        self.settings = settings
        self.listener = listener
    }

    /// Where clients connect: with the port that the kernel chose.
    var port: Int? { listener.port }

    /// Opens the socket and accepts on `loop`.
    ///
    /// - Throws: `ControlError`.
    static func open(
        _ settings: StatsSocketSettings,
        on loop: any EventLoop,
        gate: ClientGate,
        service: StatsService,
        inherited: @escaping @Sendable (BindSettings.Address) -> Int32?,
        report: @escaping ListeningSockets.Report,
        timeout: @escaping @Sendable () -> Int
    ) async throws -> StatsListener {
        let listener = try await ControlListener.open(
            settings,
            inherited: inherited,
            report: { report($0, "The stats socket \($1)") },
            accepting: { bootstrap(settings, loop, gate, service, report, timeout) }
        )
        return StatsListener(settings, listener)
    }

    /// Stops accepting and removes the socket's file. Clients stay.
    func close() async {
        await listener.close()
    }

    private static func bootstrap(
        _ settings: StatsSocketSettings,
        _ loop: any EventLoop,
        _ gate: ClientGate,
        _ service: StatsService,
        _ report: @escaping ListeningSockets.Report,
        _ timeout: @escaping @Sendable () -> Int
    ) -> ServerBootstrap {
        let level = settings.level
        let name = "The stats socket \(settings.label)"
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gating = ClientGateHandler(gate: gate) { report(.emergency, "\(name) \($0)") }
                    try channel.pipeline.syncOperations.addHandler(gating)
                }
            }
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let machine = StatsSessionMachine(
                        level: level,
                        timeout: timeout(),
                        maximumLineLength: maximumLineLength
                    )
                    try channel.pipeline.syncOperations.addHandler(StatsHandler(machine: machine, service: service))
                }
            }
    }
}
