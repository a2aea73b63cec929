// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What one health check found (HAProxy's names and numbers for check statuses).
struct CheckResult: Sendable, Equatable {
    /// How far the check came.
    enum Status: Int, Sendable {
        case socketError = 5
        case layer4Passed = 6
        case layer4TimedOut = 7
        case layer4Failed = 8

        /// The name in the `check_status` column.
        var code: String {
            switch self {
            case .socketError: "SOCKERR"
            case .layer4Passed: "L4OK"
            case .layer4TimedOut: "L4TOUT"
            case .layer4Failed: "L4CON"
            }
        }

        /// The words in log lines.
        var reason: String {
            switch self {
            case .socketError: "Socket error"
            case .layer4Passed: "Layer4 check passed"
            case .layer4TimedOut: "Layer4 timeout"
            case .layer4Failed: "Layer4 connection problem"
            }
        }
    }

    var status: Status
    /// What the operating system said; no commas, because tools split rows at them.
    var info = ""
    /// Milliseconds.
    var duration: Int

    var passed: Bool { status == .layer4Passed }

    /// `, reason: Layer4 connection problem, info: "Connection refused", check duration: 4ms`
    var logText: String {
        let info = info.isEmpty ? "" : ", info: \"\(info)\""
        return ", reason: \(status.reason)\(info), check duration: \(duration)ms"
    }
}
