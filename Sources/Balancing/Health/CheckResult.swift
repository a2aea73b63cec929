// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What one health check found (HAProxy's names and numbers for check statuses).
struct CheckResult: Sendable, Equatable {
    /// How far the check came.
    enum Status: Int, Sendable {
        /// Sessions found it, not a check.
        case observed = 4
        case socketError = 5
        case layer4Passed = 6
        case layer4TimedOut = 7
        case layer4Failed = 8
        case layer6Passed = 9
        case layer6TimedOut = 10
        case layer6Invalid = 11
        case layer7TimedOut = 12
        case layer7Invalid = 13
        case layer7Passed = 15
        case layer7WrongStatus = 17

        /// The name in the `check_status` column.
        var code: String {
            switch self {
            case .observed: "HANA"
            case .socketError: "SOCKERR"
            case .layer4Passed: "L4OK"
            case .layer4TimedOut: "L4TOUT"
            case .layer4Failed: "L4CON"
            case .layer6Passed: "L6OK"
            case .layer6TimedOut: "L6TOUT"
            case .layer6Invalid: "L6RSP"
            case .layer7TimedOut: "L7TOUT"
            case .layer7Invalid: "L7RSP"
            case .layer7Passed: "L7OK"
            case .layer7WrongStatus: "L7STS"
            }
        }

        /// The words in log lines.
        var reason: String {
            switch self {
            case .observed: "Health analyze"
            case .socketError: "Socket error"
            case .layer4Passed: "Layer4 check passed"
            case .layer4TimedOut: "Layer4 timeout"
            case .layer4Failed: "Layer4 connection problem"
            case .layer6Passed: "Layer6 check passed"
            case .layer6TimedOut: "Layer6 timeout"
            case .layer6Invalid: "Layer6 invalid response"
            case .layer7TimedOut: "Layer7 timeout"
            case .layer7Invalid: "Layer7 invalid response"
            case .layer7Passed: "Layer7 check passed"
            case .layer7WrongStatus: "Layer7 wrong status"
            }
        }

        /// Whether a reply code belongs to it.
        var hasReplyCode: Bool { self == .layer7Passed || self == .layer7WrongStatus }
    }

    var status: Status
    /// What the server or the operating system said.
    var info = ""
    /// Milliseconds; nil where there was no check.
    var duration: Int?
    /// The reply code; 0 where a check has no code but its status could have one.
    var replyCode = 0
    var diagnosis: CheckDiagnosis?

    init(status: Status, info: String = "", duration: Int) {
        self.status = status
        self.info = info
        self.duration = duration
    }

    /// What a pool of this process says, in the codes its clients would see.
    init(ofPoolWith trouble: String?) {
        status = trouble == nil ? .layer7Passed : .layer7WrongStatus
        info = trouble ?? "mail can be committed"
        replyCode = trouble == nil ? 250 : 452
        duration = 0
    }

    /// What connections of sessions told.
    init(observing errors: Int) {
        status = .observed
        info = "Detected \(errors) consecutive errors, last one was: L4 unsuccessful connection"
    }

    /// What a dialogue came to.
    init(_ verdict: CheckVerdict, duration: Int) {
        switch verdict.status {
        case .connected: status = .layer4Passed
        case .passed: status = .layer7Passed
        case .invalid: status = .layer7Invalid
        case .wrongStatus: status = .layer7WrongStatus
        case .timedOut: status = .layer7TimedOut
        case .broken: status = .socketError
        case .encrypted: status = .layer6Passed
        case .handshakeFailed: status = .layer6Invalid
        case .handshakeTimedOut: status = .layer6TimedOut
        }
        info = verdict.info
        replyCode = verdict.code
        diagnosis = verdict.diagnosis
        self.duration = duration
    }

    var passed: Bool { status == .layer4Passed || status == .layer6Passed || status == .layer7Passed }

    /// The `last_chk` column; commas are taken out where rows are written.
    var lastCheckText: String {
        guard let diagnosis else { return info }
        return info.isEmpty ? diagnosis.summary : "\(info); \(diagnosis.summary)"
    }

    /// `, reason: Layer7 check passed, code: 221, info: "bye", check duration: 4ms`
    var logText: String {
        let code = status.hasReplyCode ? ", code: \(replyCode)" : ""
        let info = info.isEmpty ? "" : ", info: \"\(info)\""
        let duration = duration.map { ", check duration: \($0)ms" } ?? ""
        return ", reason: \(status.reason)\(code)\(info)\(duration)"
    }
}
