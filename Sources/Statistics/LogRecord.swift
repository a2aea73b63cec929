// SPDX-License-Identifier: Apache-2.0

/// How serious a log line is, with syslog's numbers (RFC 5424 section 6.2.1).
package enum Severity: Int, Sendable, CaseIterable, Comparable {
    case emergency = 0
    case alert, critical, error, warning, notice, informational, debug

    package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
}

/// One log line before anybody decided where it goes: who says it, what it says, and which session and message it is about.
package struct LogRecord: Sendable {
    /// The program name in front of the line: `relaybox/smtpd` for Postfix-shaped lines, `relaybox` for the balancer's.
    package var identifier: String
    /// How serious it is; targets leave out what lies below their level.
    package var severity: Severity
    /// The text after `identifier[pid]: `, without a newline. Peer-supplied text is already escaped.
    package var message: String
    /// The session the line is about, 0 when none: the journal's field RELAYBOX_SESSION_ID.
    package var session: UInt64
    /// The queue id the line is about, nil when none: the journal's field RELAYBOX_QUEUE_ID.
    package var queueID: String?
    /// Which list of targets the line goes to: 0 for those of `global`, at most 63.
    package var channel: UInt8 = 0

    /// A line of the process's own list of targets.
    package init(
        _ severity: Severity = .informational,
        from identifier: String,
        _ message: String,
        session: UInt64 = 0,
        queueID: String? = nil
    ) {
        self.identifier = identifier
        self.severity = severity
        self.message = message
        self.session = session
        self.queueID = queueID
    }
}

/// Where roles send their log lines. Must return at once: a sink that cannot keep up drops and counts.
package protocol LogSink: Sendable {
    func write(_ record: LogRecord)
}

/// A sink that swallows everything: for tests that look elsewhere.
package struct SilentLog: LogSink {
    package init() {}
    /// Costs nothing and keeps nothing.
    package func write(_ record: LogRecord) {}
}
