// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Statistics
import Synchronization

/// Owns the listening sockets of one address, and opens another one in place of each that is lost.
///
/// SwiftNIO closes a listening socket when `accept` fails with an error that it does not know. Linux has such ones for a single
/// connection: EPERM by a firewall's rule, and network errors of a client that has gone (accept(2)). A port must not stay dead for that.
package final class ListeningSockets: Sendable {
    /// Opens a socket; gets the address of the one it is for, where that had one: a port that the kernel chose stays the port.
    package typealias Opening = @Sendable (_ former: SocketAddress?) async throws -> any Channel
    /// Takes a line for the log that begins with its verb.
    package typealias Report = @Sendable (Severity, String) -> Void

    private struct State {
        var channels: [any Channel] = []
        var isClosed = false
    }

    /// How long the address rests between two attempts.
    private static let pause = Duration.seconds(1)

    private let address: String
    private let state = Mutex(State())

    /// - Parameter address: as log lines name it.
    package init(_ address: String) {
        self.address = address
    }

    /// Where it listens, once it does.
    package var localAddress: SocketAddress? { state.withLock { $0.channels.first?.localAddress } }

    /// Opens a socket, and another one in its place whenever it is lost. After `close` the socket is closed at once.
    ///
    /// - Parameter report: hears of losses and of what became of them, on any thread.
    /// - Throws: what `opening` throws, the first time; later failures are reported, and tried again every second.
    @discardableResult
    package func keep(
        _ report: @escaping Report,
        at former: SocketAddress? = nil,
        _ opening: @escaping Opening
    ) async throws -> any Channel {
        let channel = try await opening(former)
        let isWanted = state.withLock { state in
            if !state.isClosed { state.channels.append(channel) }
            return !state.isClosed
        }
        guard isWanted else {
            try? await channel.close().get()
            return channel
        }
        let (opened, place) = (ContinuousClock.now, channel.localAddress)
        channel.closeFuture.whenComplete { [self] _ in
            guard lost(channel) else { return }
            let rests = opened.duration(to: .now) < ListeningSockets.pause
            // why: the loss begins it, and nobody waits for it; it ends with the new socket, or when the address is closed.
            Task { await reopen(report, at: place, opening, rests: rests) }
        }
        return channel
    }

    /// Takes out all sockets, for the caller to close; none is opened after that.
    package func close() -> [any Channel] {
        state.withLock { state in
            defer { state = State(isClosed: true) }
            return state.channels
        }
    }

    /// A socket is closed: true where nobody wanted that.
    private func lost(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard let index = state.channels.firstIndex(where: { $0 === channel }) else { return false }
            state.channels.remove(at: index)
            return true
        }
    }

    /// - Parameter rests: whether the socket was lost so soon that opening others at once would keep a core busy.
    private func reopen(
        _ report: @escaping Report,
        at place: SocketAddress?,
        _ opening: @escaping Opening,
        rests: Bool
    ) async {
        report(.emergency, "lost a listening socket at \(address), opening another one.")
        var (rests, isTold) = (rests, false)
        while true {
            if rests {
                do { try await Task.sleep(for: ListeningSockets.pause) } catch { return }
            }
            guard !state.withLock(\.isClosed) else { return }
            do {
                try await keep(report, at: place, opening)
                return report(.notice, "listens at \(address) again.")
            } catch {
                let text = "cannot listen at \(address) (\(FailureText.of(error))), trying again every second."
                if !isTold { report(.emergency, text) }
                (rests, isTold) = (true, true)
            }
        }
    }
}
