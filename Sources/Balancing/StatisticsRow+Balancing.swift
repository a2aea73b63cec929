// SPDX-License-Identifier: Apache-2.0

import Statistics

extension StatisticsRow {
    /// A frontend's row.
    init(_ frontend: Frontend, id: Int, isOpen: Bool, gate: AcceptGate) {
        let status = !isOpen || !frontend.accepts ? "STOP" : frontend.isFull ? "FULL" : "OPEN"
        self.init(
            kind: .frontend,
            proxy: frontend.name,
            service: "FRONTEND",
            proxyID: id,
            serviceID: 0,
            statistics: frontend.statistics,
            status: status
        )
        let limit = frontend.plan.settings.maximumConnections
        sessionLimit = limit > 0 ? limit : gate.maximum
    }
}

extension Backend {
    /// The rows of the servers and of the backend itself.
    func rows(id: Int, now: Int64) -> [StatisticsRow] {
        let table = snapshot
        var rows = table.entries.enumerated().map { index, entry in serverRow(entry, index + 1, id, now) }
        rows.append(backendRow(table, id, now))
        return rows
    }

    private func serverRow(_ entry: ServerTable.Entry, _ serverID: Int, _ id: Int, _ now: Int64) -> StatisticsRow {
        var row = StatisticsRow(
            kind: .server,
            proxy: name,
            service: entry.server.name,
            proxyID: id,
            serviceID: serverID,
            statistics: entry.server.statistics,
            status: entry.status
        )
        let limit = entry.server.settings.connectionLimit.maximum
        row.sessionLimit = limit > 0 ? limit : nil
        let share = entry.slowStart.share(of: entry.weight, at: now)
        row.weight = (share + SlowStart.scale - 1) / SlowStart.scale
        row.configuredWeight = entry.weight
        row.throttle = entry.isUsable ? entry.slowStart.throttle(at: now) : nil
        row.active = entry.isBackup ? 0 : 1
        row.backup = entry.isBackup ? 1 : 0
        row.lastChange = seconds(now - entry.downtime.changedAt)
        row.downtime = seconds(entry.downtime.total(at: now))
        row.lastSession = entry.lastSession.map { seconds(now - $0) } ?? -1
        row.address = entry.server.address
        set(&row, entry.times)
        guard let health = entry.health else {
            row.note = entry.server.traffic.note
            return row
        }
        row.check = CheckRow(
            status: entry.lastCheck?.status.code ?? "INI",
            code: entry.lastCheck.flatMap { $0.status.hasReplyCode ? $0.replyCode : nil },
            duration: entry.lastCheck?.duration ?? 0,
            text: entry.server.traffic.text(behind: entry.lastCheck?.lastCheckText ?? ""),
            description: entry.lastCheck?.status.reason ?? "Initializing",
            rise: health.rise,
            fall: health.fall,
            health: health.health
        )
        return row
    }

    private func backendRow(_ table: ServerTable, _ id: Int, _ now: Int64) -> StatisticsRow {
        var row = StatisticsRow(
            kind: .backend,
            proxy: name,
            service: "BACKEND",
            proxyID: id,
            serviceID: 0,
            statistics: statistics,
            status: table.isUp ? "UP" : "DOWN"
        )
        let active = table.activeCount
        let weight = table.entries.reduce(0) { sum, entry in
            sum + (entry.isUsable && entry.isBackup == (active == 0) ? entry.weight : 0)
        }
        row.sessionLimit = table.settings.fullConnections
        row.weight = weight
        row.configuredWeight = weight
        row.active = active
        row.backup = table.backupCount
        row.lastChange = seconds(now - table.downtime.changedAt)
        row.downtime = seconds(table.downtime.total(at: now))
        row.lastSession = table.lastSession.map { seconds(now - $0) } ?? -1
        row.algorithm = table.settings.algorithm.word
        set(&row, table.times)
        return row
    }

    /// Lines of `show servers state`, with HAProxy's numbers.
    func stateRows(id: Int, now: Int64) -> [ServerStateRow] {
        snapshot.entries.enumerated().map { index, entry in
            var (address, port) = ("-", 0)
            if case .tcp(let host, let number) = entry.server.settings.target { (address, port) = (host, number) }
            let paused = entry.isInMaintenance ? 8 : 0
            return ServerStateRow(
                backendID: id,
                backend: name,
                serverID: index + 1,
                server: entry.server.name,
                address: address,
                port: port,
                operationalState: entry.isRunning ? 2 : 0,
                administrativeState: entry.administration.rawValue,
                userWeight: entry.weight,
                initialWeight: entry.server.settings.weight,
                sinceLastChange: seconds(now - entry.downtime.changedAt),
                // 1: not checked yet
                checkStatus: entry.lastCheck?.status.rawValue ?? 1,
                // 0 unknown, 2 failed, 3 passed
                checkResult: entry.lastCheck.map { $0.passed ? 3 : 2 } ?? 0,
                checkHealth: entry.health?.health ?? 0,
                // 2 configured, 4 enabled, 8 paused
                checkState: (entry.health == nil ? 0 : 6) | paused
            )
        }
    }

    private func set(_ row: inout StatisticsRow, _ times: Averages) {
        let (means, maxima) = (times.current, times.maxima)
        row.times = (means.queue, means.connect, 0, means.total)
        row.maximumTimes = (maxima.queue, maxima.connect, 0, maxima.total)
    }

    private func seconds(_ milliseconds: Int64) -> Int { Int(max(0, milliseconds) / 1_000) }
}

extension ServerTable.Entry {
    /// The `status` column of `show stat`.
    var status: String {
        if isInMaintenance { return "MAINT" }
        guard let health else { return isDraining ? "DRAIN" : "no check" }
        let progress = health.isInTransition ? " \(health.progress)" : ""
        guard health.isUp else { return "DOWN\(progress)" }
        return (isDraining ? "DRAIN" : "UP") + progress
    }
}
