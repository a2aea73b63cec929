// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

// SwiftNIO closes a listening socket when `accept` fails with an error that it does not know. Linux has such ones for a single
// connection: EPERM by a firewall's rule, and network errors of a client that has gone (accept(2)). A port must not stay dead for that.

/// The listening sockets of one address, as long as there shall be any.
struct ListeningSockets: Sendable {
    private(set) var channels: [any Channel] = []
    private(set) var isClosed = false

    /// False, and nothing is added, where the address has been closed meanwhile.
    mutating func add(_ channel: any Channel) -> Bool {
        if !isClosed { channels.append(channel) }
        return !isClosed
    }

    /// A socket is closed: true where nobody wanted that.
    mutating func lost(_ channel: any Channel) -> Bool {
        guard let index = channels.firstIndex(where: { $0 === channel }) else { return false }
        channels.remove(at: index)
        return true
    }

    /// Takes out all of them, to be closed.
    mutating func close() -> [any Channel] {
        defer { channels = [] }
        isClosed = true
        return channels
    }
}

extension FrontendListener {
    /// Opens a socket; gets the address of the one it is for, where that had one: a port that the kernel chose stays the port.
    typealias Opening = @Sendable (_ former: SocketAddress?) async throws -> any Channel

    /// How long an address rests between two attempts.
    private static let pause = Duration.seconds(1)

    /// Opens a socket, and another one in its place whenever it is lost.
    @discardableResult
    func keep(
        _ environment: Environment,
        at former: SocketAddress? = nil,
        _ opening: @escaping Opening
    ) async throws -> any Channel {
        let channel = try await opening(former)
        guard sockets.withLock({ $0.add(channel) }) else {
            try? await channel.close().get()
            return channel
        }
        let (opened, place) = (ContinuousClock.now, channel.localAddress)
        channel.closeFuture.whenComplete { [self] _ in
            guard sockets.withLock({ $0.lost(channel) }) else { return }
            let rests = opened.duration(to: .now) < FrontendListener.pause
            // why: the loss begins it, and nobody waits for it; it ends with the new socket, or when the address is closed.
            Task { await reopen(environment, at: place, opening, rests: rests) }
        }
        return channel
    }

    /// - Parameter rests: whether the socket was lost so soon that opening others at once would keep a core busy.
    private func reopen(
        _ environment: Environment,
        at place: SocketAddress?,
        _ opening: @escaping Opening,
        rests: Bool
    ) async {
        let name = "Proxy \(frontend.name)"
        environment.log(.emergency, "\(name) lost a listening socket at \(address), opening another one.")
        var (rests, isTold) = (rests, false)
        while true {
            if rests {
                do { try await Task.sleep(for: FrontendListener.pause) } catch { return }
            }
            guard !sockets.withLock(\.isClosed) else { return }
            do {
                try await keep(environment, at: place, opening)
                return environment.log(.notice, "\(name) listens at \(address) again.")
            } catch {
                let text = "\(name) cannot listen at \(address) (\(FailureText.of(error))), trying again every second."
                if !isTold { environment.log(.emergency, text) }
                (rests, isTold) = (true, true)
            }
        }
    }
}
