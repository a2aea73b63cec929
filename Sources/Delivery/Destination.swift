// SPDX-License-Identifier: Apache-2.0

import Statistics
import Synchronization

/// A next hop as all lanes see it: its health, and the connections each lane may have to it.
///
/// Every lane owns the right to one connection, so none can starve; the rest of the limit is a pool of permits that
/// lanes take from and give back by an atomic count. A lane below its fair share that goes away empty leaves a mark,
/// and lanes with more than theirs give connections up when they see one.
final class Destination: Sendable {
    let hop: DeliverySettings.NextHop
    /// Connections of one lane that nobody begrudges it.
    let fairShare: Int
    private let owned: Int
    /// Connections beyond the owned ones that the destination has room for, and at present may have: it begins with
    /// few and gets more with every delivery (Postfix: initial_destination_concurrency and its feedback).
    private let largest: Int
    private let smallest: Int
    private let shared: Atomic<Int>
    private let taken = Atomic<Int>(0)
    /// One bit a lane (modulo 64) that wanted a permit and got none.
    private let wanting = Atomic<UInt64>(0)
    /// One bit a lane (modulo 64) that has a connection which is up.
    private let connectedLanes = Atomic<UInt64>(0)
    private let machine = Mutex(DestinationMachine())
    /// Whether a delivery would change anything: there has been trouble, or more connections are to be had by it.
    private let hasNews: Atomic<Bool>

    /// - Parameters:
    ///   - limit: connections at once, of all lanes together.
    ///   - initial: as many at most before mail was delivered.
    ///   - lanes: how many lanes there are; with a smaller limit only the first `limit` of them have connections.
    init(_ hop: DeliverySettings.NextHop, limit: Int, initial: Int, lanes: Int) {
        self.hop = hop
        owned = max(1, min(limit, lanes))
        largest = max(0, limit - owned)
        smallest = min(largest, max(0, initial - owned))
        shared = Atomic(smallest)
        hasNews = Atomic(smallest < largest)
        fairShare = max(1, limit / max(1, lanes))
    }

    /// The lane that delivers what arrives on `lane`: itself, unless there are fewer connections than lanes.
    func lane(for lane: Int) -> Int { lane % owned }

    /// Takes the right to one more connection for a lane that has `held`.
    func takePermit(lane: Int, held: Int) -> Bool {
        if held == 0 { return lane < owned }
        guard taken.wrappingAdd(1, ordering: .relaxed).newValue <= shared.load(ordering: .relaxed) else {
            taken.wrappingSubtract(1, ordering: .relaxed)
            // why: a lane with its fair share has no claim on others; two such lanes would take turns for nothing.
            if held < fairShare { wanting.bitwiseOr(1 << UInt64(lane % 64), ordering: .relaxed) }
            return false
        }
        return true
    }

    /// Gives the right to a connection back; the lane is left with `held`. Returns the lanes that want it, a bit each.
    func givePermit(held: Int) -> UInt64 {
        guard held > 0 else { return 0 }
        taken.wrappingSubtract(1, ordering: .relaxed)
        guard wanting.load(ordering: .relaxed) != 0 else { return 0 }
        return wanting.exchange(0, ordering: .relaxed)
    }

    /// Whether a lane with this many connections that are up ought to give one up.
    func isGreedy(ready: Int) -> Bool {
        ready > fairShare && wanting.load(ordering: .relaxed) != 0
    }

    /// A lane has got its first connection, or lost its last.
    func mark(lane: Int, isConnected: Bool) {
        let bit: UInt64 = 1 << UInt64(lane % 64)
        if isConnected {
            connectedLanes.bitwiseOr(bit, ordering: .relaxed)
        } else {
            connectedLanes.bitwiseAnd(~bit, ordering: .relaxed)
        }
    }

    /// A lane other than this one that has a connection.
    func connectedLane(besides lane: Int) -> Int? {
        let others = connectedLanes.load(ordering: .relaxed) & ~(1 << UInt64(lane % 64))
        return others == 0 ? nil : others.trailingZeroBitCount
    }

    func wantsConnection(now: Int64) -> DestinationMachine.Admission {
        machine.withLock { $0.wantsConnection(now: now) }
    }

    func connected() -> Bool {
        machine.withLock { $0.connected() }
    }

    func disconnected() {
        machine.withLock { $0.disconnected() }
    }

    func connectAbandoned() {
        machine.withLock { $0.connectAbandoned() }
    }

    func connectFailed(
        now: Int64,
        dsn: String,
        reason: String,
        backoff: Backoff
    ) -> DestinationMachine.Consequence {
        machine.withLock { machine in
            defer { shrink() }
            return machine.connectFailed(now: now, dsn: dsn, reason: reason, backoff: backoff)
        }
    }

    func dialogueBroke(
        now: Int64,
        dsn: String,
        reason: String,
        backoff: Backoff
    ) -> DestinationMachine.Consequence {
        machine.withLock { machine in
            defer { shrink() }
            return machine.dialogueBroke(now: now, dsn: dsn, reason: reason, backoff: backoff)
        }
    }

    /// A transaction was carried to its end; true when one more connection is to be had. Costs nothing while there is
    /// nothing to gain by it.
    func carried() -> Bool {
        guard hasNews.load(ordering: .relaxed) else { return false }
        return machine.withLock { machine in
            machine.carried()
            let present = shared.load(ordering: .relaxed)
            if present < largest { shared.store(present + 1, ordering: .relaxed) }
            hasNews.store(machine.hasTrouble || present + 1 < largest, ordering: .relaxed)
            return present < largest
        }
    }

    func revive() {
        machine.withLock { $0.revive() }
    }

    /// Whether everything for it waits at this time, milliseconds since 1970.
    func isSuspended(now: Int64) -> Bool {
        machine.withLock { $0.isSuspended(now: now) }
    }

    /// Something went wrong: fewer connections from now on, and the next delivery is news.
    private func shrink() {
        let present = shared.load(ordering: .relaxed)
        if present > smallest { shared.store(present - 1, ordering: .relaxed) }
        hasNews.store(true, ordering: .relaxed)
    }
}
