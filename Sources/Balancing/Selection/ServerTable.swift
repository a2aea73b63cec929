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
        var changedAt: Int64
        var downSince: Int64?
        var downtime: Int64 = 0
        var lastSession: Int64?
        var times = Averages()

        var isBackup: Bool { server.settings.backup }
        var isInMaintenance: Bool { administration.contains(.forcedMaintenance) }
        var isDraining: Bool { administration.contains(.forcedDrain) || weight == 0 }
        var isRunning: Bool { !isInMaintenance && health?.isUp ?? true }
        var isUsable: Bool { isRunning && !isDraining }
        var hasRoom: Bool {
            server.settings.maximumConnections == 0 || served < server.settings.maximumConnections
        }
        var candidateWeight: Int { weight }
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
    var changedAt: Int64
    var downSince: Int64?
    var downtime: Int64 = 0
    private var selection: Selection
    private var line = WaitingLine()
    private var assigned: [UInt64: Server] = [:]

    init(settings: BackendSettings, entries: [Entry], now: Int64) {
        self.settings = settings
        self.entries = entries
        changedAt = now
        selection = Selection(algorithm: settings.algorithm, count: entries.count)
    }

    /// Takes new settings and entries; who waits keeps waiting.
    mutating func replace(settings: BackendSettings, entries: [Entry]) {
        self.settings = settings
        self.entries = entries
        selection = Selection(algorithm: settings.algorithm, count: entries.count)
    }

    var waiting: Int { line.count }
    var activeCount: Int { entries.reduce(0) { $0 + ($1.isUsable && !$1.isBackup ? 1 : 0) } }
    var backupCount: Int { entries.reduce(0) { $0 + ($1.isUsable && $1.isBackup ? 1 : 0) } }
    var isUp: Bool { entries.isEmpty || entries.contains { $0.isUsable } }
    /// Whether sessions can be spread over more than one server without looking at loads.
    var rotates: Bool { settings.algorithm == .roundrobin && activeCount > 1 }

    func index(of server: String) -> Int? {
        entries.firstIndex { $0.server.name == server }
    }

    /// A session asks for a server; the one it gets counts it until `leave`.
    mutating func acquire(_ waiter: @autoclosure () -> WaitingLine.Waiter, now: Int64) -> Decision {
        if line.isEmpty, let index = choose() {
            return .server(take(index, at: now))
        }
        guard entries.contains(where: { $0.isUsable }) else { return .unavailable }
        let ahead = line.count
        line.append(waiter())
        return .wait(behind: ahead)
    }

    /// A session leaves its server; whoever waits longest may have the place.
    mutating func leave(_ server: String) -> Assignment? {
        if let index = index(of: server) { entries[index].served = max(0, entries[index].served - 1) }
        return nextAssignment()
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

    /// The first in the line with the server it gets; nil when nobody waits or no server has room.
    mutating func nextAssignment(now: Int64? = nil) -> Assignment? {
        guard !line.isEmpty, let index = choose(), let waiter = line.popFirst() else { return nil }
        let server = take(index, at: now ?? entries[index].lastSession ?? entries[index].changedAt)
        assigned[waiter.id] = server
        return Assignment(waiter: waiter, server: server)
    }

    private mutating func take(_ index: Int, at now: Int64) -> Server {
        entries[index].served += 1
        entries[index].lastSession = now
        lastSession = now
        return entries[index].server
    }

    /// Active servers while one is usable, else the first usable backup server; only servers with room.
    private mutating func choose() -> Int? {
        guard entries.contains(where: { $0.isUsable && !$0.isBackup }) else {
            guard let backup = entries.firstIndex(where: { $0.isUsable && $0.isBackup }) else { return nil }
            return entries[backup].hasRoom ? backup : nil
        }
        let candidates = entries.indices.lazy
            .filter { [entries] in entries[$0].isUsable && !entries[$0].isBackup && entries[$0].hasRoom }
            .map { [entries] in
                Selection.Candidate(index: $0, weight: entries[$0].weight, load: entries[$0].served)
            }
        return selection.choose(among: candidates)
    }
}
