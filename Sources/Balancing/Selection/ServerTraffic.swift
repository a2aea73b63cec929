// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What sessions found wrong with a server, so that it is told once and not with every session.
final class ServerTraffic: Sendable {
    /// One thing that is wrong.
    struct Fault: Sendable, Equatable {
        /// What makes two faults the same.
        var kind: String
        /// The end of a sentence that begins with the server, for the log.
        var advice: String
        /// For the `last_chk` column.
        var summary: String
    }

    private struct State: Sendable {
        /// Why sessions do not reach it, or are passed over to others.
        var reach: Fault?
        /// It takes our PROXY header for commands.
        var header: Fault?
    }

    private let state = Mutex(State())
    private let hasFault = Atomic<Bool>(false)

    /// A session could not be served; true when that is news.
    func failed(_ fault: Fault) -> Bool {
        change { state in
            defer { state.reach = fault }
            return state.reach?.kind != fault.kind
        }
    }

    /// A session was greeted; true when the ones before were not.
    func greeted() -> Bool {
        guard hasFault.load(ordering: .relaxed) else { return false }
        return change { state in
            defer { state.reach = nil }
            return state.reach != nil
        }
    }

    /// It answered something to our header; true when that is news.
    func misunderstood(_ fault: Fault) -> Bool {
        change { state in
            defer { state.header = fault }
            return state.header?.kind != fault.kind
        }
    }

    /// It answered the client; true when it did not understand the header before.
    func understood() -> Bool {
        guard hasFault.load(ordering: .relaxed) else { return false }
        return change { state in
            defer { state.header = nil }
            return state.header != nil
        }
    }

    /// What `last_chk` says of it; nil: nothing is wrong.
    var note: String? {
        guard hasFault.load(ordering: .relaxed) else { return nil }
        return state.withLock { $0.header?.summary ?? $0.reach?.summary }
    }

    /// The same behind what a check found.
    func text(behind check: String) -> String {
        guard let note, !check.contains(note) else { return check }
        return check.isEmpty ? note : "\(check); \(note)"
    }

    private func change(_ body: (inout State) -> Bool) -> Bool {
        state.withLock { state in
            let isNews = body(&state)
            hasFault.store(state.reach != nil || state.header != nil, ordering: .relaxed)
            return isNews
        }
    }
}
