// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Owns the listening sockets of one address: one for each event loop where the kernel can spread connections over them
/// (SO_REUSEPORT), so that a connection lives on the loop that accepted it; else one that deals them out.
final class FrontendListener: Sendable {
    /// What accepted connections belong to; a reload may change it while the sockets stay.
    final class Attachment: Sendable {
        let frontend: Frontend
        let bind: BindSettings
        /// The `bind` line's place in its frontend, from 1: the name of an unnamed listener.
        let position: Int

        init(frontend: Frontend, bind: BindSettings, position: Int) {
            self.frontend = frontend
            self.bind = bind
            self.position = position
        }

        /// `frontend/listener` in error lines.
        var title: String { "\(frontend.name)/\(bind.name ?? String(position))" }
    }

    /// How the first bytes of an accepted connection are treated, on its event loop.
    typealias ChildInitializer = @Sendable (any Channel, FrontendListener) throws -> Void

    let address: BindSettings.Address
    private let attachment: Mutex<Attachment>
    /// What accepted channels were counted for, until their first handler is made: a reload may come in between.
    private let admitted = Mutex<[ObjectIdentifier: Attachment]>([:])
    private let sockets: ListeningSockets
    /// The loops that accepted connections live on.
    private let loops = Mutex<[any EventLoop]>([])

    init(_ attachment: Attachment) {
        address = attachment.bind.address
        self.attachment = Mutex(attachment)
        sockets = ListeningSockets(address.description)
    }

    var current: Attachment { attachment.withLock { $0 } }
    var frontend: Frontend { current.frontend }
    /// Where it listens, once it does.
    var localAddress: SocketAddress? { sockets.localAddress }

    func attach(_ new: Attachment) {
        attachment.withLock { $0 = new }
    }

    /// Counts an accepted channel; false, and nothing counted, where a limit is reached.
    func admit(_ channel: any Channel, through gate: AcceptGate) -> Bool {
        let attachment = current
        guard gate.enter(attachment.frontend) else { return false }
        admitted.withLock { $0[ObjectIdentifier(channel)] = attachment }
        return true
    }

    /// What an admitted channel belongs to, to be asked once.
    func attachment(of channel: any Channel) -> Attachment {
        admitted.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) } ?? current
    }

    /// Opens the sockets; returns when all of them accept.
    ///
    /// - Parameter inherited: a descriptor somebody else opened for this address; it is duplicated and stays open.
    func open(
        on group: any EventLoopGroup,
        inherited: InheritedSockets,
        gate: AcceptGate,
        environment: Environment,
        initializer: @escaping ChildInitializer
    ) async throws(ListenError) {
        let bind = current.bind
        let loops = Array(group.makeIterator())
        self.loops.withLock { $0 = loops }
        let report: ListeningSockets.Report = { [self] in environment.log($0, "Proxy \(frontend.name) \($1)") }
        do {
            if let descriptor = inherited(address) {
                // why one loop: several that wake up for one connection of one kernel queue find nothing to accept, which
                // NIO takes for a fault. The connections are spread over all loops.
                try await sockets.keep(report) { [self] _ in
                    let copy = try FrontendListener.duplicate(descriptor)
                    return try await bootstrap(loops[0], group, gate, environment, initializer).withBoundSocket(copy)
                        .get()
                }
                return
            }
            switch address {
            case .ip(let host, let port):
                var target = try SocketAddress(ipAddress: host, port: port)
                for loop in loops {
                    let place = target
                    let channel = try await sockets.keep(report) { [self] former in
                        let place = former ?? place
                        let socket = bootstrap(loop, loop, gate, environment, initializer)
                        return try await options(socket, bind, place, isAlone: loops.count == 1).bind(to: place).get()
                    }
                    // Port 0: the other loops take the port that the first one was given.
                    if port == 0, let given = channel.localAddress { target = given }
                }
            case .unix(let path):
                // A socket file that nobody listens on is left over from a process that died; one that answers is in use.
                if let other = try? await ClientBootstrap(group: loops[0]).connect(unixDomainSocketPath: path).get() {
                    try? await other.close().get()
                    throw ListenError(
                        frontend: frontend.name,
                        address: address.description,
                        reason: "another process listens there"
                    )
                }
                // One loop accepts for all.
                try await sockets.keep(report) { [self] _ in
                    try await bootstrap(loops[0], group, gate, environment, initializer)
                        .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
                }
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
            let advice = bind.isTransparent ? TransparentSocket.advice(error) : ""
            throw ListenError(
                frontend: frontend.name,
                address: address.description,
                reason: FailureText.of(error) + advice
            )
        }
    }

    /// Stops accepting and closes the sockets. What was accepted already reaches its session first, for SwiftNIO closes it without a
    /// word when the listener goes meanwhile; what nobody accepted stays in the kernel's queue of an inherited socket.
    func close() async {
        let closing = sockets.close()
        for channel in closing { try? await channel.setOption(.autoRead, value: false).get() }
        // An accepted channel goes to its loop to be made ready, back to the listener's, and to its own again to become active.
        for _ in 0..<3 {
            for loop in loops.withLock({ $0 }) { try? await loop.submit {}.get() }
        }
        for channel in closing { try? await channel.close().get() }
    }

    /// - Parameter isAlone: whether no other socket of ours listens there.
    private func options(_ socket: ServerBootstrap, _ bind: BindSettings, _ target: SocketAddress, isAlone: Bool)
        -> ServerBootstrap
    {
        var socket = socket.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        if !isAlone { socket = socket.serverChannelOption(.socketOption(SocketOptions.reusePort), value: 1) }
        if case .v6 = target {
            let only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
            socket = socket.serverChannelOption(only, value: bind.acceptsIPv4 ? 0 : 1)
        }
        guard bind.isTransparent else { return socket }
        return socket.serverChannelOption(TransparentSocket.option(for: target), value: 1)
    }

    private func bootstrap(
        _ loop: any EventLoop,
        _ children: any EventLoopGroup,
        _ gate: AcceptGate,
        _ environment: Environment,
        _ initializer: @escaping ChildInitializer
    ) -> ServerBootstrap {
        ServerBootstrap(group: loop, childGroup: children)
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

    /// A second descriptor of the same socket; the first one stays its owner's.
    private static func duplicate(_ descriptor: Int32) throws -> Int32 {
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        defer { _ = try? handle.takeDescriptorOwnership() }
        return try handle.duplicate().takeDescriptorOwnership()
    }
}
