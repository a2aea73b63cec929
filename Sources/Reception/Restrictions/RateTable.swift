// SPDX-License-Identifier: Apache-2.0

package import ProxyProtocol
import Synchronization

/// How often each client did something lately (Postfix: anvil), IPv6 clients by their /84 as Postfix counts them.
///
/// All counts of a client begin anew together, when its time is over. Memory is bounded: when as many clients as there may
/// be are counted, those whose time is over are forgotten, and a client that finds no place even then is not limited.
package final class RateTable: Sendable {
    /// What is counted.
    package enum Event: Int, Sendable, CaseIterable {
        case connection = 0
        case message, recipient, tlsSession
    }

    private struct Entry {
        var start: Int64
        var counts = SIMD4<UInt32>()
    }

    private struct State {
        var entries: [IPAddress: Entry] = [:]
        var lastSweep = Int64.min
    }

    /// Milliseconds between two looks for clients whose time is over.
    private static let sweepInterval: Int64 = 1_000

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: clients counted at once.
    package init(limit: Int = 65_536) {
        self.limit = limit
    }

    /// Counts an event; how often it happened in the client's time.
    ///
    /// - Parameters:
    ///   - now: a clock that never goes back, milliseconds.
    ///   - unit: milliseconds after which the client's counts begin anew.
    package func count(_ event: Event, of client: IPAddress, now: Int64, unit: Int) -> Int {
        let key = RateTable.key(client)
        return state.withLock { state in
            var entry = state.entries[key] ?? Entry(start: now)
            if now - entry.start >= Int64(unit) { entry = Entry(start: now) }
            if entry.counts[event.rawValue] < UInt32.max { entry.counts[event.rawValue] += 1 }
            if state.entries[key] == nil, state.entries.count >= limit, !makeRoom(&state, now: now, unit: unit) {
                return 1
            }
            state.entries[key] = entry
            return Int(entry.counts[event.rawValue])
        }
    }

    /// How often an event happened in the client's time so far.
    package func rate(of event: Event, from client: IPAddress, now: Int64, unit: Int) -> Int {
        let entry = state.withLock { $0.entries[RateTable.key(client)] }
        guard let entry, now - entry.start < Int64(unit) else { return 0 }
        return Int(entry.counts[event.rawValue])
    }

    private static func key(_ client: IPAddress) -> IPAddress {
        client.isIPv4 ? client : client.masked(to: 84)
    }

    private func makeRoom(_ state: inout State, now: Int64, unit: Int) -> Bool {
        guard state.lastSweep == Int64.min || now - state.lastSweep >= RateTable.sweepInterval else { return false }
        state.lastSweep = now
        state.entries = state.entries.filter { now - $0.value.start < Int64(unit) }
        return state.entries.count < limit
    }
}
