// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics

/// The lines that a session leaves.
extension MeteringHandler {
    func logConnect(_ destination: SocketAddress?) {
        let settings = plan.settings
        guard settings.logs else { return }
        guard settings.log.format == nil else { return record.destination = destination?.logText ?? "" }
        guard !settings.tcpLog else { return }
        let to = destination?.logText ?? "unknown"
        switchboard.environment.log(
            .informational,
            "Connect from \(record.client) to \(to) (\(frontend.name)/TCP)",
            session: session?.id ?? 0,
            settings.log
        )
    }

    /// The server is connected: the line of `option logasap`.
    func logEarly() {
        guard plan.settings.log.isEarly, let session, !record.isLogged else { return }
        record.isLogged = true
        write(session, record.milliseconds(until: .now()), isEarly: true)
    }

    func logEnd(_ session: Session, _ total: Int) {
        guard !record.isLogged else { return }
        write(session, total, isEarly: false)
    }

    private func write(_ session: Session, _ total: Int, isEarly: Bool) {
        let settings = plan.settings
        guard settings.logs, settings.tcpLog || settings.log.format != nil else { return }
        guard record.bytesIn > 0 || !settings.omitsNullSessions else { return }
        let failed = record.termination.cause != .none || record.wasRedispatched || record.retries > 0
        guard failed || !settings.log.omitsNormal else { return }
        let environment = switchboard.environment
        let local = environment.local(acceptedAt)
        var line = record.line(
            acceptedAt: local,
            frontend: frontend,
            processConnections: switchboard.gate.current,
            total: total
        )
        line.isEarly = isEarly
        let text: String
        if let format = settings.log.format {
            line.bytesIn = record.bytesIn
            line.destination = record.destination
            line.serverAddress = record.server?.address ?? ""
            line.id = session.id
            line.hostname = environment.hostname
            line.zone = (local - acceptedAt) / 1_000
            text = format.text(line)
        } else {
            text = line.text
        }
        let severity = failed && settings.log.separatesErrors ? Severity.error : .informational
        environment.log(severity, text, session: session.id, settings.log)
    }
}
