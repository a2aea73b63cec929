// SPDX-License-Identifier: Apache-2.0

import Statistics

/// A log line about a server's or a backend's change of state, in HAProxy's words and with its levels.
struct StateLine: Sendable, Equatable {
    var severity: Severity
    var text: String

    init(_ severity: Severity, _ text: String) {
        self.severity = severity
        self.text = text
    }
}

extension ServerTable {
    /// `Server be/s`, `Backup Server be/s`
    func title(of entry: Entry) -> String {
        "\(entry.isBackup ? "Backup " : "")Server \(settings.name)/\(entry.server.name)"
    }

    /// ` 1 active and 0 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.`
    func leftText(_ entry: Entry) -> String {
        " \(activeCount) active and \(backupCount) backup servers left.\(backupText)"
            + " \(entry.served) sessions active, 0 requeued, \(waiting) remaining in queue."
    }

    /// ` 2 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.`
    var onlineText: String {
        " \(activeCount) active and \(backupCount) backup servers online.\(backupText)"
            + " 0 sessions requeued, \(waiting) total in queue."
    }

    private var backupText: String { activeCount == 0 && backupCount > 0 ? " Running on backup." : "" }

    /// The line when the last server of a backend has gone.
    var emptyLine: StateLine { StateLine(.emergency, "backend \(settings.name) has no server available!") }
}
