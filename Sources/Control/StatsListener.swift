// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import NIOPosix

/// One open stats socket: a UNIX socket, a TCP port, or a socket that systemd opened.
final class StatsListener: Sendable {
    /// Bytes of one command line, newline excluded.
    static let maximumLineLength = 16_384

    let settings: StatsSocketSettings
    /// Where clients connect: with the port that the kernel chose.
    let port: Int?
    private let channel: any Channel
    private let file: SocketFile?

    private init(settings: StatsSocketSettings, channel: any Channel, file: SocketFile?) {
        self.settings = settings
        self.channel = channel
        self.file = file
        port = channel.localAddress?.port
    }

    /// Opens the socket and accepts on `loop`.
    ///
    /// - Throws: `ControlError`.
    static func open(
        _ settings: StatsSocketSettings,
        on loop: any EventLoop,
        gate: ClientGate,
        service: StatsService,
        inherited: @Sendable (BindSettings.Address) -> Int32?,
        timeout: @escaping @Sendable () -> Int
    ) async throws -> StatsListener {
        let level = settings.level
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientGateHandler(gate: gate))
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
        do {
            // why: a plain address takes over the socket that systemd has opened there, as a `bind` line does.
            if let descriptor = inherited(settings.address).flatMap(SocketFile.duplicate) {
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return StatsListener(settings: settings, channel: channel, file: nil)
            }
            switch settings.address {
            case .unix(let path):
                let (file, descriptor) = try SocketFile.make(settings, at: path)
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return StatsListener(settings: settings, channel: channel, file: file)
            case .ip(let host, let port):
                let channel = try await bootstrap.bind(host: host, port: port).get()
                return StatsListener(settings: settings, channel: channel, file: nil)
            case .systemd:
                throw SocketFile.Failure(text: "systemd passed no socket of this name")
            }
        } catch let failure as SocketFile.Failure {
            throw ControlError(socket: settings.label, reason: failure.text)
        } catch let error as IOError {
            throw ControlError(socket: settings.label, reason: error.description)
        } catch {
            throw ControlError(socket: settings.label, reason: "\(error)")
        }
    }

    /// Stops accepting and removes the socket's file. Clients stay.
    func close() async {
        file?.remove()
        try? await channel.close()
    }
}
