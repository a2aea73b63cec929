// SPDX-License-Identifier: Apache-2.0

import Spooling
import Statistics

/// The log lines of delivery, in the shape of Postfix's qmgr, smtp, error and bounce (Postfix 3.7).
struct DeliveryLog: Sendable {
    private let sink: any LogSink
    private let queueManager: String
    private let client: String
    private let error: String
    private let bounce: String
    private let retry: String
    private let discard: String

    /// Which of Postfix's services a result's line is from.
    enum Service {
        /// The destination was tried.
        case client
        /// It was not even tried.
        case error, retry, discard
    }

    /// The four durations of `delays=`, in milliseconds.
    struct Delays {
        /// Before it came here, in the queue here, connecting, transmitting.
        var before: Int64 = 0
        var queued: Int64 = 0
        var connecting: Int64 = 0
        var transmitting: Int64 = 0
    }

    init(_ sink: any LogSink, syslogName: String) {
        self.sink = sink
        queueManager = syslogName + "/qmgr"
        client = syslogName + "/smtp"
        error = syslogName + "/error"
        bounce = syslogName + "/bounce"
        retry = syslogName + "/retry"
        discard = syslogName + "/discard"
    }

    /// - Parameter recipients: how many are tried.
    func activated(_ round: DeliveryRound, recipients: Int) {
        var line = String()
        line.reserveCapacity(128)
        line.append(round.name)
        line.append(": from=<")
        line.append(DeliveryLog.clean(round.message.envelope.sender))
        line.append(">, size=")
        line.append(String(round.message.envelope.size))
        line.append(", nrcpt=")
        line.append(String(recipients))
        line.append(" (queue active)")
        sink.write(LogRecord(.informational, from: queueManager, line, queueID: round.name))
    }

    /// - Parameters:
    ///   - relay: nil when no connection was made.
    ///   - service: which of Postfix's services would say it.
    func finished(
        _ request: DeliveryRequest,
        recipient: String,
        relay: Relay?,
        delays: Delays,
        result: RecipientResult,
        by speaker: Service
    ) {
        let service =
            switch speaker {
            case .client: client
            case .error: error
            case .retry: retry
            case .discard: discard
            }
        var line = String()
        line.reserveCapacity(256)
        line.append(request.name)
        line.append(": to=<")
        line.append(DeliveryLog.clean(recipient))
        line.append(">, relay=")
        line.append(relay?.label ?? "none")
        line.append(", delay=")
        DelayText.append(
            delays.before + delays.queued + delays.connecting + delays.transmitting,
            to: &line
        )
        line.append(", delays=")
        DelayText.append(delays.before, to: &line)
        line.append("/")
        DelayText.append(delays.queued, to: &line)
        line.append("/")
        DelayText.append(delays.connecting, to: &line)
        line.append("/")
        DelayText.append(delays.transmitting, to: &line)
        line.append(", dsn=")
        line.append(result.dsn)
        line.append(", status=")
        line.append(result.status.rawValue)
        line.append(" (")
        line.append(result.text)
        line.append(")")
        write(line, service, request)
    }

    func expired(_ request: DeliveryRequest, isReturned: Bool) {
        let ending = isReturned ? ", returned to sender" : ""
        let sender = DeliveryLog.clean(request.envelope.sender)
        write("\(request.name): from=<\(sender)>, status=expired\(ending)", queueManager, request)
    }

    func removed(_ round: DeliveryRound) {
        sink.write(LogRecord(.informational, from: queueManager, round.name + ": removed", queueID: round.name))
    }

    func reported(_ round: DeliveryRound, in report: QueueID) {
        let line = "\(round.name): sender non-delivery notification: \(report)"
        sink.write(LogRecord(.informational, from: bounce, line, queueID: round.name))
    }

    func unreportable(_ request: DeliveryRequest) {
        write("\(request.name): undeliverable, and nobody to tell: the sender is null", bounce, request, .notice)
    }

    func unrecorded(_ round: DeliveryRound, _ error: SpoolError) {
        let line = "\(round.name): warning: cannot record the result of a delivery, trying again: \(error)"
        sink.write(LogRecord(.warning, from: queueManager, line, queueID: round.name))
    }

    /// A server did not take recipients of a message, and another one is tried.
    func skipped(_ request: DeliveryRequest, _ reason: String) {
        write("\(request.name): \(reason)", client, request)
    }

    /// Lines of a message were too long for its way.
    func folded(_ request: DeliveryRequest, limit: Int) {
        write("\(request.name): breaking line > \(limit) bytes with <CR><LF>SPACE", client, request)
    }

    func connectFailed(_ reason: String) {
        sink.write(LogRecord(from: client, reason))
    }

    /// A line of Postfix's smtp that belongs to no message.
    func connection(_ text: String, _ severity: Severity = .informational) {
        sink.write(LogRecord(severity, from: client, text))
    }

    func warning(_ text: String) {
        sink.write(LogRecord(.warning, from: queueManager, "warning: \(text)"))
    }

    func notice(_ text: String) {
        sink.write(LogRecord(.notice, from: queueManager, text))
    }

    private func write(
        _ line: String,
        _ identifier: String,
        _ request: DeliveryRequest,
        _ severity: Severity = .informational
    ) {
        sink.write(LogRecord(severity, from: identifier, line, queueID: request.name))
    }

    /// An address with anything that could break a log line made harmless.
    private static func clean(_ address: String) -> String {
        guard address.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return address }
        return String(
            String.UnicodeScalarView(address.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 })
        )
    }
}
