// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import Synchronization

/// Owns the clients of all stats sockets: how many there are, who is told when one leaves, and closing them all.
package final class ClientGate: Sendable {
    private struct State {
        var limit: Int
        var clients: [ObjectIdentifier: any Channel] = [:]
        var waiting: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    /// - Parameter limit: clients at once (`stats maxconn`).
    package init(limit: Int) {
        state = Mutex(State(limit: max(1, limit)))
    }

    /// How many clients there are.
    package var count: Int { state.withLock { $0.clients.count } }

    /// A client came; it counts until its channel closes.
    package func enter(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.clients[id] = channel }
        channel.closeFuture.whenComplete { _ in self.leave(id) }
    }

    private func leave(_ id: ObjectIdentifier) {
        let waiting = state.withLock { state in
            state.clients[id] = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for resume in waiting { resume() }
    }

    /// Whether another client may be accepted; if not, `resume` is called once, on any thread, when that may have changed.
    package func hasRoom(orThen resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.clients.count < state.limit { return true }
            state.waiting.append(resume)
            return false
        }
    }

    /// Takes a new limit; clients beyond it stay.
    package func change(limit: Int) {
        let waiting = state.withLock { state in
            state.limit = max(1, limit)
            defer { state.waiting = [] }
            return state.waiting
        }
        for resume in waiting { resume() }
    }

    /// Closes every client.
    package func closeAll() {
        for channel in state.withLock({ Array($0.clients.values) }) { channel.close(promise: nil) }
    }
}
