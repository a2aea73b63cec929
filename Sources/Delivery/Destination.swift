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
    private let shared: Int
    private let taken = Atomic<Int>(0)
    /// One bit a lane (modulo 64) that wanted a permit and got none.
    private let wanting = Atomic<UInt64>(0)
    /// One bit a lane (modulo 64) that has a connection which is up.
    private let connectedLanes = Atomic<UInt64>(0)
    private let machine = Mutex(DestinationMachine())
    private let hasTrouble = Atomic<Bool>(false)

    /// - Parameters:
    ///   - limit: connections at once, of all lanes together.
    ///   - lanes: how many lanes there are; with a smaller limit only the first `limit` of them have connections.
    init(_ hop: DeliverySettings.NextHop, limit: Int, lanes: Int) {
        self.hop = hop
        owned = max(1, min(limit, lanes))
        shared = max(0, limit - owned)
        fairShare = max(1, limit / max(1, lanes))
    }

    /// The lane that delivers what arrives on `lane`: itself, unless there are fewer connections than lanes.
    func lane(for lane: Int) -> Int { lane % owned }

    /// Takes the right to one more connection for a lane that has `held`.
    func takePermit(lane: Int, held: Int) -> Bool {
        if held == 0 { return lane < owned }
        guard taken.wrappingAdd(1, ordering: .relaxed).newValue <= shared else {
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
            defer { hasTrouble.store(machine.hasTrouble, ordering: .relaxed) }
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
            defer { hasTrouble.store(machine.hasTrouble, ordering: .relaxed) }
            return machine.dialogueBroke(now: now, dsn: dsn, reason: reason, backoff: backoff)
        }
    }

    /// A transaction was carried to its end. Costs nothing while there is no trouble.
    func carried() {
        guard hasTrouble.load(ordering: .relaxed) else { return }
        machine.withLock { machine in
            machine.carried()
            hasTrouble.store(machine.hasTrouble, ordering: .relaxed)
        }
    }

    func revive() {
        machine.withLock { machine in
            machine.revive()
            hasTrouble.store(machine.hasTrouble, ordering: .relaxed)
        }
    }
}
