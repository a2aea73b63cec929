// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Every session of the process by its number, in several locked parts, so that event loops seldom meet.
final class SessionRegistry: Sendable {
    private final class Part: Sendable {
        let sessions = Mutex<[UInt64: Session]>([:])
    }

    private let parts = (0..<8).map { _ in Part() }
    private let last = Atomic<UInt64>(0)

    /// A number no other session of this process has.
    func nextID() -> UInt64 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func add(_ session: Session) {
        part(session.id).sessions.withLock { $0[session.id] = session }
    }

    func remove(_ id: UInt64) {
        part(id).sessions.withLock { $0[id] = nil }
    }

    subscript(id: UInt64) -> Session? {
        part(id).sessions.withLock { $0[id] }
    }

    /// Every session there is, oldest first.
    var all: [Session] {
        parts.flatMap { $0.sessions.withLock { Array($0.values) } }.sorted { $0.id < $1.id }
    }

    var isEmpty: Bool {
        parts.allSatisfy { $0.sessions.withLock { $0.isEmpty } }
    }

    private func part(_ id: UInt64) -> Part { parts[Int(id % UInt64(parts.count))] }
}
