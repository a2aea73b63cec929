// SPDX-License-Identifier: Apache-2.0

import Statistics

extension ServerTable.Entry {
    /// An entry for a `server` line; `kept` is what a reload keeps of the server with that name.
    init(
        _ settings: ServerSettings,
        in backend: String,
        entrance: PoolEntrance?,
        keeping kept: ServerTable.Entry?,
        now: Int64
    ) {
        let server = Server(
            backend: backend,
            settings: settings,
            entrance: entrance,
            statistics: kept?.server.statistics ?? ProxyStatistics(),
            traffic: kept?.server.traffic ?? ServerTraffic()
        )
        let isChecked = settings.check
        guard var entry = kept else {
            self.init(
                server: server,
                weight: settings.weight,
                administration: settings.disabled ? [.forcedMaintenance, .configuredMaintenance] : [],
                health: isChecked ? HealthMachine(rise: settings.rise, fall: settings.fall) : nil,
                downtime: Downtime(at: now, isUp: !settings.disabled)
            )
            if settings.disabled { health?.suspend() }
            return
        }
        // What an operator set stays, unless the configuration itself says something new.
        let (before, wasRunning) = (entry.server.settings, entry.isRunning)
        if before.weight != settings.weight { entry.weight = settings.weight }
        if before.disabled != settings.disabled {
            entry.administration = settings.disabled ? [.forcedMaintenance, .configuredMaintenance] : []
            if settings.disabled { entry.health?.suspend() } else { entry.health?.resume() }
            entry.downtime.changedAt = now
        }
        if !isChecked {
            entry.health = nil
            entry.lastCheck = nil
        } else if entry.health == nil || before.rise != settings.rise || before.fall != settings.fall
            || before.target != settings.target
        {
            entry.health = HealthMachine(rise: settings.rise, fall: settings.fall)
            if entry.isInMaintenance { entry.health?.suspend() }
        }
        entry.server = server
        entry.noteRunning(before: wasRunning, now: now)
        self = entry
    }
}
