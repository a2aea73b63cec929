// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Owns the listening sockets of one address, one for each event loop, so that a connection lives on the loop that
/// accepted it.
final class FrontendListener: Sendable {
    /// What accepted connections belong to; a reload may change it while the sockets stay.
    struct Attachment: Sendable {
        var frontend: Frontend
        var bind: BindSettings
        /// The `bind` line's place in its frontend, from 1: the name of an unnamed listener.
        var position: Int

        /// `frontend/listener` in error lines.
        var title: String { "\(frontend.name)/\(bind.name ?? String(position))" }
    }

    /// How the first bytes of an accepted connection are treated, on its event loop.
    typealias ChildInitializer = @Sendable (any Channel, FrontendListener) throws -> Void

    /// Linux's SO_REUSEPORT, which NIO has no name for.
    private static let reusePort = NIOBSDSocket.Option(rawValue: 15)

    let address: BindSettings.Address
    private let attachment: Mutex<Attachment>
    private let channels = Mutex<[any Channel]>([])

    init(_ attachment: Attachment) {
        address = attachment.bind.address
        self.attachment = Mutex(attachment)
    }

    var current: Attachment { attachment.withLock { $0 } }
    var frontend: Frontend { attachment.withLock { $0.frontend } }
    /// Where it listens, once it does.
    var localAddress: SocketAddress? { channels.withLock { $0.first?.localAddress } }

    func attach(_ new: Attachment) {
        attachment.withLock { $0 = new }
    }

    /// Opens the sockets; returns when all of them accept.
    ///
    /// - Parameter inherited: a descriptor somebody else opened for this address; it is duplicated and stays open.
    func open(
        on loops: [any EventLoop],
        inherited: InheritedSockets,
        gate: AcceptGate,
        environment: Environment,
        initializer: @escaping ChildInitializer
    ) async throws(ListenError) {
        let bind = current.bind
        do {
            if let descriptor = inherited(address) {
                for loop in loops {
                    let copy = try FrontendListener.duplicate(descriptor)
                    keep(try await bootstrap(loop, gate, environment, initializer).withBoundSocket(copy).get())
                }
                return
            }
            switch address {
            case .ip(let host, let port):
                var target = try SocketAddress(ipAddress: host, port: port)
                for loop in loops {
                    var bootstrap = bootstrap(loop, gate, environment, initializer)
                        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    if loops.count > 1 {
                        bootstrap = bootstrap.serverChannelOption(.socketOption(FrontendListener.reusePort), value: 1)
                    }
                    if case .v6 = target {
                        let only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
                        bootstrap = bootstrap.serverChannelOption(only, value: bind.acceptsIPv4 ? 0 : 1)
                    }
                    let channel = try await bootstrap.bind(to: target).get()
                    keep(channel)
                    // Port 0: the other loops take the port that the first one was given.
                    if port == 0, let given = channel.localAddress { target = given }
                }
            case .unix(let path):
                try await openUnix(path, on: loops) { self.bootstrap($0, gate, environment, initializer) }
            case .systemd(let name):
                throw ListenError(
                    frontend: frontend.name,
                    address: address.description,
                    reason: "systemd passed no socket with FileDescriptorName=\(name)"
                )
            }
        } catch let error as ListenError {
            await close()
            throw error
        } catch {
            await close()
            throw ListenError(frontend: frontend.name, address: address.description, reason: FailureText.of(error))
        }
    }

    /// Stops accepting and closes the sockets.
    func close() async {
        let closing = channels.withLock { channels in
            let closing = channels
            channels = []
            return closing
        }
        for channel in closing { try? await channel.close().get() }
    }

    private func keep(_ channel: any Channel) {
        channels.withLock { $0.append(channel) }
    }

    private func bootstrap(
        _ loop: any EventLoop,
        _ gate: AcceptGate,
        _ environment: Environment,
        _ initializer: @escaping ChildInitializer
    ) -> ServerBootstrap {
        ServerBootstrap(group: loop, childGroup: loop)
            .serverChannelOption(.backlog, value: Int32(clamping: current.bind.backlog))
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGateHandler(gate: gate, listener: self, environment: environment)
                    )
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initializer(channel, self) }
            }
    }

    /// Binds a UNIX socket once and lets every loop listen on a duplicate of it.
    private func openUnix(
        _ path: String,
        on loops: [any EventLoop],
        bootstrap: (any EventLoop) -> ServerBootstrap
    ) async throws {
        guard let first = loops.first else { return }
        // A socket file that nobody listens on is left over from a process that died; one that answers is in use.
        if let other = try? await ClientBootstrap(group: first).connect(unixDomainSocketPath: path).get() {
            try? await other.close().get()
            throw ListenError(
                frontend: frontend.name,
                address: address.description,
                reason: "another process listens there"
            )
        }
        let channel = try await bootstrap(first).bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        keep(channel)
        for loop in loops.dropFirst() {
            let copy = try await first.submit {
                try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                    try FrontendListener.duplicate($0)
                }
            }.get()
            guard let copy else { continue }
            keep(try await bootstrap(loop).withBoundSocket(copy).get())
        }
    }

    /// A second descriptor of the same socket; the first one stays its owner's.
    private static func duplicate(_ descriptor: Int32) throws -> Int32 {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        defer { _ = try? handle.takeDescriptorOwnership() }
        return try handle.duplicate().takeDescriptorOwnership()
    }
}
