// SPDX-License-Identifier: Apache-2.0

import SMTP
import Statistics

/// What operators and checks change, and the log lines that tell of it.
extension ServerTable {
    /// `set server … state`, `disable server`, `enable server`.
    mutating func set(_ index: Int, to state: AdministrativeState, now: Int64) -> [StateLine] {
        let before = entries[index]
        let wasUp = isUp
        switch state {
        case .ready: entries[index].administration.subtract([.forcedMaintenance, .forcedDrain])
        case .drain:
            entries[index].administration.subtract(.forcedMaintenance)
            entries[index].administration.insert(.forcedDrain)
        case .maintenance: entries[index].administration.insert(.forcedMaintenance)
        }
        guard entries[index].administration != before.administration else { return [] }
        if entries[index].isInMaintenance {
            entries[index].health?.suspend()
        } else if before.isInMaintenance {
            entries[index].health?.resume()
        }
        var lines = administrationLines(index, before: before)
        noteChange(index, wasRunning: before.isRunning, wasUp: wasUp, now: now, lines: &lines)
        return lines
    }

    private func administrationLines(_ index: Int, before: Entry) -> [StateLine] {
        let entry = entries[index]
        let title = title(of: entry)
        switch (before.isInMaintenance, entry.isInMaintenance) {
        case (false, true):
            guard before.isRunning else {
                return [StateLine(.notice, "\(title) was DOWN and now enters maintenance.")]
            }
            return [
                StateLine(
                    before.isDraining ? .notice : .alert,
                    "\(title) is going DOWN for maintenance.\(leftText(entry))"
                )
            ]
        case (true, false):
            let running = entry.isRunning ? "UP" : "DOWN"
            let mode = entry.isDraining ? "DRAIN" : "READY"
            return [StateLine(.notice, "\(title) is \(running)/\(mode) (leaving forced maintenance).")]
        case (true, true):
            return []
        case (false, false):
            if entry.administration.contains(.forcedDrain) {
                return [StateLine(.notice, "\(title) enters drain state.\(onlineText)")]
            }
            return [StateLine(.notice, "\(title) is \(entry.isRunning ? "UP" : "DOWN") (leaving forced drain).")]
        }
    }

    /// `set weight`.
    mutating func set(_ index: Int, weight: Int, now: Int64) -> [StateLine] {
        let before = entries[index]
        let wasUp = isUp
        entries[index].weight = weight
        var lines: [StateLine] = []
        noteChange(index, wasRunning: before.isRunning, wasUp: wasUp, now: now, lines: &lines)
        return lines
    }

    /// A check came back.
    mutating func checked(_ index: Int, _ result: CheckResult, now: Int64) -> [StateLine] {
        guard entries[index].health != nil, !entries[index].isInMaintenance else { return [] }
        let before = entries[index]
        let wasUp = isUp
        if !result.passed, (before.health?.health ?? 0) > 0 { before.server.statistics.failedChecks.add() }
        let change =
            (result.passed ? entries[index].health?.checkSucceeded() : entries[index].health?.checkFailed()) ?? .none
        return tell(index, result, change, before: before, wasUp: wasUp, now: now)
    }

    /// Connections of sessions failed as often as was allowed.
    mutating func observed(_ index: Int, now: Int64) -> [StateLine] {
        guard entries[index].health != nil, !entries[index].isInMaintenance else { return [] }
        let before = entries[index]
        let wasUp = isUp
        let observation = before.server.settings.observation
        before.server.statistics.observedFailures.add()
        guard observation.reaction != .fastInterval else { return [] }
        if (before.health?.health ?? 0) > 0 { before.server.statistics.failedChecks.add() }
        let change = entries[index].health?.observed(observation.reaction) ?? .none
        let result = CheckResult(observing: observation.errorLimit)
        return tell(index, result, change, before: before, wasUp: wasUp, now: now)
    }

    private mutating func tell(
        _ index: Int,
        _ result: CheckResult,
        _ change: HealthMachine.Change,
        before: Entry,
        wasUp: Bool,
        now: Int64
    ) -> [StateLine] {
        entries[index].lastCheck = result
        var lines: [StateLine] = []
        if settings.logsHealthChecks, change != .none || before.lastCheck?.status != result.status {
            lines.append(checkLine(entries[index], result))
        }
        if let diagnosis = result.diagnosis, before.lastCheck?.diagnosis != diagnosis {
            lines.append(StateLine(.warning, "\(title(of: before)) \(diagnosis.advice)."))
        }
        let reason = settings.logsHealthChecks ? "" : result.logText
        switch change {
        case .none, .progressed:
            return lines
        case .wentUp:
            lines.append(StateLine(.notice, "\(title(of: entries[index])) is UP\(reason).\(onlineText)"))
        case .wentDown:
            let text = "\(title(of: entries[index])) is DOWN\(reason).\(leftText(entries[index]))"
            lines.append(StateLine(before.isDraining ? .notice : .alert, text))
        }
        noteChange(index, wasRunning: before.isRunning, wasUp: wasUp, now: now, lines: &lines)
        return lines
    }

    /// What a change of a server means for sessions that are there: whose they are, and why they end.
    func sessionsToEnd(_ index: Int, before: Entry) -> (servers: [String], reason: SessionEndRequest.Reason)? {
        let entry = entries[index]
        let settings = entry.server.settings
        if before.isRunning, !entry.isRunning, settings.endsSessionsWhenDown {
            return ([entry.server.name], .serverDown)
        }
        if !before.isRunning, entry.isUsable, !entry.isBackup, settings.endsBackupSessionsWhenUp {
            return (entries.filter(\.isBackup).map(\.server.name), .serverUp)
        }
        return nil
    }

    private func checkLine(_ entry: Entry, _ result: CheckResult) -> StateLine {
        let outcome = result.passed ? "succeeded" : "failed"
        let progress = entry.health.map { "\($0.progress) \($0.isUp ? "UP" : "DOWN")" } ?? ""
        return StateLine(
            .notice,
            "Health check for \(entry.isBackup ? "backup " : "")server \(settings.name)/\(entry.server.name) \(outcome)"
                + "\(result.logText), status: \(progress)."
        )
    }

    /// Keeps the times of changes and says when the backend has lost its last server.
    private mutating func noteChange(
        _ index: Int,
        wasRunning: Bool,
        wasUp: Bool,
        now: Int64,
        lines: inout [StateLine]
    ) {
        if entries[index].isRunning != wasRunning {
            entries[index].noteRunning(before: wasRunning, now: now)
            if wasRunning { entries[index].server.statistics.downTransitions.add() }
        } else if !lines.isEmpty {
            entries[index].downtime.changedAt = now
        }
        noteUp(before: wasUp, now: now)
        if wasUp, !isUp { lines.append(emptyLine) }
    }
}
