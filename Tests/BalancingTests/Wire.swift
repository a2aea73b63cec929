// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// How long a test waits for something that must happen; reached only when it does not.
let patience = Duration.seconds(20)

struct Impatient: Error, CustomStringConvertible {
    var description: String
}

/// Waits until `condition` holds.
func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + patience
    while try !condition() {
        guard ContinuousClock.now < deadline else { throw Impatient(description: "never: \(what)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// One end of a connection that a test holds in its hands.
final class Wire: Sendable {
    struct State: Sendable {
        var bytes: [UInt8] = []
        var ended = false
        var closed = false
        var error: String?
    }

    let channel: any Channel
    fileprivate let state: Mutex<State>

    fileprivate init(_ channel: any Channel) throws {
        self.channel = channel
        state = Mutex(State())
        try channel.pipeline.syncOperations.addHandler(WireHandler(self))
    }

    static func connect(to address: SocketAddress, reads: Bool = true) async throws -> Wire {
        let box = Mutex<Wire?>(nil)
        _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let wire = try Wire(channel)
                    box.withLock { $0 = wire }
                }
            }
            .connect(to: address).get()
        return try box.withLock { wire in
            guard let wire else { throw Impatient(description: "no wire") }
            return wire
        }
    }

    var received: [UInt8] { state.withLock { $0.bytes } }
    var text: String { String(decoding: received, as: UTF8.self) }
    var isClosed: Bool { state.withLock { $0.closed } }
    var error: String? { state.withLock { $0.error } }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Sends one byte at a time, each in a write of its own.
    func trickle(_ bytes: [UInt8]) async throws {
        for byte in bytes {
            try await send([byte])
            await Task.yield()
        }
    }

    /// Waits until everything received so far is `text`.
    func expect(_ text: String) async throws {
        let wanted = Array(text.utf8)
        do {
            try await eventually("\(text.debugDescription)") { received == wanted }
        } catch {
            throw Impatient(description: "expected \(text.debugDescription), got \(self.text.debugDescription)")
        }
    }

    func expect(containing text: String) async throws {
        do {
            try await eventually("\(text.debugDescription)") { self.text.contains(text) }
        } catch {
            throw Impatient(description: "expected \(text.debugDescription) in \(self.text.debugDescription)")
        }
    }

    /// Waits until the other end has closed its direction.
    func expectEnd() async throws {
        try await eventually("end of input, after \(received.count) bytes") {
            state.withLock { $0.ended || $0.closed }
        }
    }

    func halfClose() async throws { try await channel.close(mode: .output).get() }
    func close() async { try? await channel.close().get() }

    /// Closes with a reset instead of an end.
    func reset() async throws {
        guard let options = channel as? any SocketOptionProvider else { return }
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }
}

private final class WireHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let wire: Wire
    init(_ wire: Wire) { self.wire = wire }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(buffer: unwrapInboundIn(data))
        wire.state.withLock { $0.bytes += bytes }
    }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { wire.state.withLock { $0.ended = true } }
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        wire.state.withLock { $0.error = "\(error)" }
        context.close(promise: nil)
    }
    func channelInactive(context: ChannelHandlerContext) {
        wire.state.withLock { $0.closed = true }
    }
}

/// A server on the loopback whose connections a test answers by hand.
final class StubServer: Sendable {
    let address: SocketAddress
    private let channel: any Channel
    private let wires: Accepted

    private final class Accepted: Sendable {
        let wires = Mutex<[Wire]>([])
    }

    init(banner: String = "", reads: Bool = true, unixPath: String? = nil) async throws {
        let accepted = Accepted()
        wires = accepted
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: reads)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let wire = try Wire(channel)
                    accepted.wires.withLock { $0.append(wire) }
                    if !banner.isEmpty { channel.writeAndFlush(ByteBuffer(string: banner), promise: nil) }
                }
            }
            .bind(
                to: unixPath.map { try SocketAddress(unixDomainSocketPath: $0) }
                    ?? SocketAddress(ipAddress: "127.0.0.1", port: 0)
            ).get()
        guard let address = channel.localAddress else { throw Impatient(description: "no address") }
        self.address = address
    }

    var port: Int { address.port ?? 0 }
    var count: Int { wires.wires.withLock { $0.count } }

    /// The connection of that number, from 0, once it is there.
    func connection(_ number: Int = 0) async throws -> Wire {
        try await eventually("connection \(number) of the server") { count > number }
        return wires.wires.withLock { $0[number] }
    }

    func close() async { try? await channel.close().get() }
}
