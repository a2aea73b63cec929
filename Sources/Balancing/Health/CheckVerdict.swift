// SPDX-License-Identifier: Apache-2.0

/// What a check's dialogue came to.
package struct CheckVerdict: Sendable, Equatable {
    /// How far the dialogue came; `CheckResult` gives HAProxy's names to it.
    package enum Status: Sendable, Equatable {
        /// The connection stands, and nothing more was asked for.
        case connected
        /// The dialogue came to its end.
        case passed
        /// The answer is none, or not the one that was expected.
        case invalid
        /// A reply with a code that is not 2yz.
        case wrongStatus
        /// The time for the check was over in the middle of the dialogue.
        case timedOut
        /// The connection stands and is encrypted, and nothing more was asked for.
        case encrypted
        /// The connection stands, and TLS could not be agreed upon.
        case handshakeFailed
        /// The time for the check was over in the middle of the handshake.
        case handshakeTimedOut
        /// The connection broke.
        case broken
    }

    /// What `rise` and `fall` count: `connected`, `passed` and `encrypted` are passed checks.
    package var status: Status
    /// The reply's code; 0 where there is none.
    package var code = 0
    /// The reply's text, or where it failed.
    package var info = ""
    /// What the server's words tell about the PROXY header; nil: nothing.
    package var diagnosis: CheckDiagnosis?
    /// Whether the server should read a QUIT before the connection ends.
    package var owesQuit = false

    /// A verdict; `info` is cut by whoever prints it.
    package init(
        status: Status,
        code: Int = 0,
        info: String = "",
        diagnosis: CheckDiagnosis? = nil,
        owesQuit: Bool = false
    ) {
        self.status = status
        self.code = code
        self.info = info
        self.diagnosis = diagnosis
        self.owesQuit = owesQuit
    }
}
