// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP
import Statistics
import Synchronization

/// One accepted connection as operators see it from any thread; what only its event loop needs is in `MeteringHandler`.
final class Session: Sendable {
    /// What changes while the session lives.
    struct Facts: Sendable {
        var source: SocketAddress?
        var backend = "<NONE>"
        var server = Facts.noServer
        /// Where an SMTP dialogue in this process is; nil for a session that is forwarded or not routed yet.
        var phase: SessionReport.Phase?

        /// As HAProxy writes it.
        static let noServer = "<none>"
    }

    let id: UInt64
    let channel: any Channel
    let frontend: Frontend
    /// When it was accepted, by the monotonic clock.
    let began: NIODeadline
    private let facts: Mutex<Facts>
    private let isStopping = Atomic<Bool>(false)

    init(id: UInt64, channel: any Channel, frontend: Frontend, began: NIODeadline) {
        self.id = id
        self.channel = channel
        self.frontend = frontend
        self.began = began
        facts = Mutex(Facts())
    }

    var current: Facts { facts.withLock { $0 } }

    func update(_ body: (inout Facts) -> Void) {
        facts.withLock { body(&$0) }
    }

    /// Asks the session to end, at its next transaction boundary where that can be known: a pool's, or a forwarded one with SMTP.
    func end(_ reason: SessionEndRequest.Reason) {
        channel.pipeline.fireUserInboundEventTriggered(SessionEndRequest(reason: reason))
    }

    /// Its frontend is gone, or the process stops: asks once, whoever notices first.
    func stop() {
        if !isStopping.exchange(true, ordering: .relaxed) { end(.shutdown) }
    }

    func row(at now: NIODeadline) -> SessionRow {
        let facts = current
        let transport =
            switch facts.source {
            case .v4: "tcpv4"
            case .v6: "tcpv6"
            case .unixDomainSocket, nil: "unix_stream"
            }
        return SessionRow(
            id: id,
            transport: transport,
            source: facts.source?.logText ?? "unknown",
            frontend: frontend.name,
            backend: facts.backend,
            server: facts.server,
            age: Int((now - began).nanoseconds / 1_000_000_000),
            phase: facts.phase?.rawValue ?? "-"
        )
    }
}
