// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What is known of a session for its log line: the notes of `MeteringHandler`, kept on its event loop.
struct SessionRecord {
    let began: NIODeadline
    var client = "unknown"
    var backend: Backend?
    var server: Server?
    /// The name of the server the session was last on.
    private(set) var serverName: String?
    private(set) var waitTime = -1
    private(set) var connectTime = -1
    private var assignedAt: NIODeadline?
    var bytesIn = 0
    var bytesOut = 0
    var termination = TerminationState.normal
    /// What the session is doing, for the termination state.
    var stage = TerminationState.Stage.none
    var retries = 0
    var wasRedispatched = false
    var backendQueue = 0
    /// Where the client connected to: kept for a `log-format` that may ask for it.
    var destination = ""
    /// Whether the line of the session is written already.
    var isLogged = false

    init(began: NIODeadline) {
        self.began = began
    }

    mutating func assigned(_ server: Server, at now: NIODeadline) {
        self.server = server
        serverName = server.name
        assignedAt = now
        waitTime = milliseconds(until: now)
        connectTime = -1
        stage = .connect
    }

    mutating func connected(at now: NIODeadline) {
        connectTime = Int((now - (assignedAt ?? now)).nanoseconds / 1_000_000)
        stage = .data
    }

    /// The wait ended without a server.
    mutating func gaveUpWaiting(at now: NIODeadline) {
        waitTime = milliseconds(until: now)
    }

    /// Notes why the session ends; false when that was known already.
    mutating func end(_ cause: TerminationState.Cause) -> Bool {
        guard termination == .normal else { return false }
        // HAProxy 2.6 writes `K-`, `D-` and `U-` for a session that is ended while data flows.
        let isAsked = cause == .killed || cause == .serverDown || cause == .serverUp
        termination = TerminationState(cause: cause, stage: isAsked && stage == .data ? .none : stage)
        return true
    }

    func milliseconds(until now: NIODeadline) -> Int {
        Int((now - began).nanoseconds / 1_000_000)
    }

    func line(acceptedAt: Int64, frontend: Frontend, processConnections: Int, total: Int) -> SessionLogLine {
        var line = SessionLogLine(
            client: client,
            acceptedAt: acceptedAt,
            frontend: frontend.name,
            backend: backend?.name ?? frontend.name,
            server: serverName
        )
        line.waitTime = waitTime
        line.connectTime = connectTime
        line.totalTime = total
        line.bytesOut = bytesOut
        line.termination = termination
        line.connections = (
            processConnections,
            frontend.connections,
            backend?.statistics.sessions.current ?? 0,
            server?.statistics.sessions.current ?? 0
        )
        line.retries = retries
        line.wasRedispatched = wasRedispatched
        line.backendQueue = backendQueue
        return line
    }
}
