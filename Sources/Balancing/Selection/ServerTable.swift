// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

/// The servers of a backend, who may take a session, and who waits for one: everything that changes, as one value.
struct ServerTable: Sendable {
    /// A server's state. Times are milliseconds of the monotonic clock.
    struct Entry: Sendable {
        var server: Server
        var weight: Int
        var administration: Administration = []
        /// Nil without `check`.
        var health: HealthMachine?
        var lastCheck: CheckResult?
        /// Sessions on it now.
        var served = 0
        var downtime: Downtime
        var lastSession: Int64?
        /// When it came up again, for `slowstart`.
        var startedAt: Int64?
        var times = Averages()

        var isBackup: Bool { server.settings.backup }
        var isInMaintenance: Bool { administration.contains(.forcedMaintenance) }
        var isDraining: Bool { administration.contains(.forcedDrain) || weight == 0 }
        var isRunning: Bool { !isInMaintenance && health?.isUp ?? true }
        var isUsable: Bool { isRunning && !isDraining }
        var slowStart: SlowStart { SlowStart(duration: server.settings.slowStart, startedAt: startedAt) }

        /// Keeps the times of a change: whether it was running before.
        mutating func noteRunning(before wasRunning: Bool, now: Int64) {
            downtime.note(isUp: isRunning, before: wasRunning, now: now)
            if isRunning, !wasRunning { startedAt = now }
        }

        /// - Parameters:
        ///   - load: connections of the backend, those that wait too.
        ///   - full: the backend's `fullconn`.
        func hasRoom(at now: Int64, load: Int, full: Int) -> Bool {
            let limit = server.settings.connectionLimit.value(at: load, of: full)
            return limit == 0 || served < (startedAt == nil ? limit : slowStart.limit(limit, at: now))
        }
    }

    /// Where a session goes.
    enum Decision: Sendable {
        case server(Server)
        /// To the end of the line, behind so many.
        case wait(behind: Int)
        /// No server is up.
        case unavailable
    }

    /// A waiting session whose turn has come; the server already counts it.
    struct Assignment: Sendable {
        let waiter: WaitingLine.Waiter
        let server: Server
    }

    var settings: BackendSettings
    var entries: [Entry]
    var times = Averages()
    var lastSession: Int64?
    private(set) var downtime: Downtime
    private var selection: Selection
    private var line = WaitingLine()
    private var assigned: [UInt64: Server] = [:]

    init(settings: BackendSettings, entries: [Entry], now: Int64) {
        self.settings = settings
        self.entries = entries
        downtime = Downtime(at: now, isUp: true)
        selection = Selection(
            algorithm: settings.algorithm,
            hash: settings.hashType,
            count: entries.count,
            seed: UInt64(bitPattern: now)
        )
        if !isUp { downtime = Downtime(at: now, isUp: false) }
    }

    /// Takes new settings; who waits keeps waiting.
    ///
    /// - Parameter make: the entry of a `server` line, with what there is of that server already.
    mutating func replace(settings: BackendSettings, now: Int64, make: (ServerSettings, _ kept: Entry?) -> Entry) {
        let (old, wasUp) = (entries, isUp)
        entries = settings.servers.map { new in make(new, old.first { $0.server.name == new.name }) }
        self.settings = settings
        selection = Selection(algorithm: settings.algorithm, hash: settings.hashType, count: entries.count)
        noteUp(before: wasUp, now: now)
    }

    /// Keeps the times of a change of the backend: whether a server was usable before.
    mutating func noteUp(before wasUp: Bool, now: Int64) {
        downtime.note(isUp: isUp, before: wasUp, now: now)
    }

    var waiting: Int { line.count }
    /// Sessions that are on a server or wait for one.
    var load: Int { entries.reduce(line.count) { $0 + $1.served } }
    var activeCount: Int { entries.reduce(0) { $0 + ($1.isUsable && !$1.isBackup ? 1 : 0) } }
    var backupCount: Int { entries.reduce(0) { $0 + ($1.isUsable && $1.isBackup ? 1 : 0) } }
    var isUp: Bool { entries.isEmpty || entries.contains { $0.isUsable } }
    /// Whether sessions can be spread over more than one server without looking at loads.
    var rotates: Bool { settings.algorithm == .roundrobin && activeCount > 1 }

    /// Whether a session that has been to these servers can be sent to another one.
    func hasAlternative(to failed: [String]) -> Bool {
        entries.contains { $0.isUsable && !failed.contains($0.server.name) }
    }

    func index(of server: String) -> Int? {
        entries.firstIndex { $0.server.name == server }
    }

    /// A session asks for a server; the one it gets counts it until `leave`.
    ///
    /// - Parameters:
    ///   - source: the client as `SourceHash` has it.
    ///   - failed: servers that this session has been to in vain. It does not get one of them while there is another; who
    ///     has been somewhere has waited already, and waits no more while there is room.
    mutating func acquire(
        _ waiter: @autoclosure () -> WaitingLine.Waiter,
        source: UInt32 = 0,
        avoiding failed: [String] = [],
        now: Int64
    ) -> Decision {
        let load = load + 1
        if line.isEmpty || !failed.isEmpty, let index = choose(source: source, avoiding: failed, load: load, now: now) {
            return .server(take(index, at: now))
        }
        guard failed.isEmpty || entries.contains(where: { $0.isUsable && !failed.contains($0.server.name) }) else {
            return .unavailable
        }
        guard entries.contains(where: { $0.isUsable }) else { return .unavailable }
        let ahead = line.count
        line.append(waiter())
        return .wait(behind: ahead)
    }

    /// A session leaves its server; whoever waits longest may have the place.
    mutating func leave(_ server: Server, now: Int64) -> Assignment? {
        // A server that one reload took out and another one brought back has counters of its own, and sessions of its own.
        if let index = entries.firstIndex(where: { $0.server.statistics === server.statistics }) {
            entries[index].served = max(0, entries[index].served - 1)
        }
        return nextAssignment(now: now)
    }

    /// A waiting session takes what was assigned to it; nil when it no longer waits.
    mutating func claim(_ id: UInt64) -> Server? {
        assigned.removeValue(forKey: id)
    }

    /// A waiting session gives up. Returns the server that was assigned to it meanwhile, which it must leave.
    mutating func abandon(_ id: UInt64) -> Server? {
        if line.remove(id) { return nil }
        return assigned.removeValue(forKey: id)
    }

    /// A session that waits raises the load, and with it the limits of servers with `minconn`: who may go now, in their order.
    mutating func joined(now: Int64) -> [Assignment] {
        guard entries.contains(where: { $0.server.settings.connectionLimit.isDynamic }) else { return [] }
        var assignments: [Assignment] = []
        while let next = nextAssignment(now: now) { assignments.append(next) }
        return assignments
    }

    /// The first in the line with the server it gets; nil when nobody waits or no server has room.
    mutating func nextAssignment(now: Int64) -> Assignment? {
        guard let next = line.first, let index = choose(source: next.source, load: load, now: now),
            let waiter = line.popFirst()
        else {
            return nil
        }
        let server = take(index, at: now)
        assigned[waiter.id] = server
        return Assignment(waiter: waiter, server: server)
    }

    /// The event loop of the first in the line, while a server that comes up slowly may soon take one more.
    mutating func loopWaitingForRise(at now: Int64) -> (any EventLoop)? {
        guard entries.contains(where: { $0.isUsable && $0.slowStart.throttle(at: now) != nil }) else { return nil }
        return line.first?.channel.eventLoop
    }

    private mutating func take(_ index: Int, at now: Int64) -> Server {
        entries[index].served += 1
        entries[index].lastSession = now
        lastSession = now
        return entries[index].server
    }

    /// Active servers while one is usable, else the first usable backup server or all of them; only servers with room.
    private mutating func choose(source: UInt32, avoiding failed: [String] = [], load: Int, now: Int64) -> Int? {
        let full = settings.fullConnections
        let mayServe = { (entry: Entry) in entry.isUsable && (failed.isEmpty || !failed.contains(entry.server.name)) }
        let usesBackups = !entries.contains { mayServe($0) && !$0.isBackup }
        if usesBackups, !settings.usesAllBackups {
            guard let backup = entries.firstIndex(where: { mayServe($0) && $0.isBackup }) else { return nil }
            return entries[backup].hasRoom(at: now, load: load, full: full) ? backup : nil
        }
        let candidates = entries.indices.lazy
            .filter { [entries] in
                mayServe(entries[$0]) && entries[$0].isBackup == usesBackups
                    && entries[$0].hasRoom(at: now, load: load, full: full)
            }
            .map { [entries, settings] in
                let weight = settings.effectiveWeight(of: entries[$0], at: now)
                return Selection.Candidate(index: $0, weight: weight, load: entries[$0].served)
            }
        return selection.choose(among: candidates, source: source)
    }
}

extension BackendSettings {
    /// A server's share, in sixteenths of its weight; algorithms that go by a fixed order know no slow start.
    func effectiveWeight(of entry: ServerTable.Entry, at now: Int64) -> Int {
        switch algorithm {
        case .roundrobin, .leastconn, .random: entry.slowStart.share(of: entry.weight, at: now)
        case .source where hashType == .consistent: entry.slowStart.share(of: entry.weight, at: now)
        case .staticRoundRobin, .source, .first: entry.weight * SlowStart.scale
        }
    }

}

extension BackendSettings.Algorithm {
    /// The word after `balance`, which `show stat` prints.
    package var word: String {
        switch self {
        case .roundrobin: "roundrobin"
        case .staticRoundRobin: "static-rr"
        case .leastconn: "leastconn"
        case .source: "source"
        case .first: "first"
        case .random: "random"
        }
    }
}
