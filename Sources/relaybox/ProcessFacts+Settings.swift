// SPDX-License-Identifier: Apache-2.0

import Configuration
import Control
import Subcommands
import Systemd

extension ProcessFacts {
    /// What the stats socket says about this process.
    init(_ settings: ApplianceSettings, log: LogWriter, isStopping: @escaping @Sendable () -> Bool) {
        self.init(
            version: Version.number,
            releaseDate: Version.date,
            pid: Int(Host.processID),
            startTime: Host.now,
            threads: settings.threads ?? Host.processors,
            descriptorLimit: Host.raiseDescriptorLimit(),
            maximumConnections: settings.balancer.maximumConnections,
            node: settings.hostname
        )
        self.isStopping = isStopping
        processorTime = { Host.processorTime }
        droppedLogs = { log.dropped.value }
        zoneOffset = { Host.zoneOffset(at: $0) }
    }
}
