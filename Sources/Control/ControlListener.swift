// SPDX-License-Identifier: Apache-2.0

import Balancing
import NIOCore
import NIOPosix
import Statistics
import Synchronization

/// One open address of this room: a UNIX socket with its file, a TCP port, or a socket that systemd opened. Opens another socket in
/// place of one that is lost.
final class ControlListener: Sendable {
    /// Says how clients are accepted and what serves them; asked again for each socket.
    typealias Accepting = @Sendable () -> ServerBootstrap

    private struct Place {
        /// The socket's file, once it is made.
        var file: SocketFile?
        var isClosed = false
    }

    private let sockets: ListeningSockets
    private let place = Mutex(Place())

    private init(_ label: String) {
        sockets = ListeningSockets(label)
    }

    /// Where clients connect: with the port that the kernel chose.
    var port: Int? { sockets.localAddress?.port }

    /// Opens the address.
    ///
    /// - Parameters:
    ///   - settings: the address, and owner and mode of its file.
    ///   - inherited: the descriptor that systemd passed for an address or a name; it is duplicated, never closed.
    ///   - report: hears when the socket is lost, and what became of that.
    /// - Throws: `ControlError`.
    static func open(
        _ settings: StatsSocketSettings,
        inherited: @escaping @Sendable (BindSettings.Address) -> Int32?,
        report: @escaping ListeningSockets.Report,
        accepting: @escaping Accepting
    ) async throws -> ControlListener {
        let listener = ControlListener(settings.label)
        do {
            try await listener.sockets.keep(report) { former in
                try await listener.openSocket(settings, inherited(settings.address), at: former, accepting())
            }
            return listener
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
        let closing = sockets.close()
        let file = place.withLock { place in
            place.isClosed = true
            return place.file
        }
        file?.remove()
        for channel in closing { try? await channel.close() }
    }

    private func openSocket(
        _ settings: StatsSocketSettings,
        _ inherited: Int32?,
        at former: SocketAddress?,
        _ bootstrap: ServerBootstrap
    ) async throws -> any Channel {
        // why: a plain address takes over the socket that systemd has opened there, as a `bind` line does.
        if let descriptor = inherited.flatMap(SocketFile.duplicate) {
            return try await bootstrap.withBoundSocket(descriptor).get()
        }
        switch settings.address {
        case .unix(let path):
            let (made, descriptor) = try SocketFile.make(settings, at: path)
            let isClosed = place.withLock { place in
                place.file = made
                return place.isClosed
            }
            // A lost socket was opened again while the address was closed: `ListeningSockets` closes it.
            if isClosed { made.remove() }
            return try await bootstrap.withBoundSocket(descriptor).get()
        case .ip(let host, let port):
            if let former { return try await bootstrap.bind(to: former).get() }
            return try await bootstrap.bind(host: host, port: port).get()
        case .systemd:
            throw SocketFile.Failure(text: "systemd passed no socket of this name")
        }
    }
}

extension ControlOperations {
    /// Writes what becomes of a listening socket to the log, under the process's name.
    func report(to log: any LogSink) -> ListeningSockets.Report {
        let name = facts.name
        return { log.write(LogRecord($0, from: name, $1)) }
    }
}
