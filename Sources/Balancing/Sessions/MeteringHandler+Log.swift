// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

/// The lines that a session leaves.
extension MeteringHandler {
    func logConnect(_ destination: SocketAddress?) {
        guard plan.settings.logs, !plan.settings.tcpLog else { return }
        let to = destination?.logText ?? "unknown"
        switchboard.environment.log(
            .informational,
            "Connect from \(record.client) to \(to) (\(frontend.name)/TCP)",
            session: session?.id ?? 0
        )
    }

    func logEnd(_ session: Session, _ total: Int) {
        let settings = plan.settings
        guard settings.logs, settings.tcpLog, record.bytesIn > 0 || !settings.omitsNullSessions else { return }
        let line = record.line(
            acceptedAt: switchboard.environment.local(acceptedAt),
            frontend: frontend,
            processConnections: switchboard.gate.current,
            total: total
        )
        switchboard.environment.log(.informational, line.text, session: session.id)
    }
}
