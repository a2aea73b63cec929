// SPDX-License-Identifier: Apache-2.0

/// QUIT (RFC 5321 section 4.1.1.10): ends the session, and an open transaction without a trace.
extension SessionMachine {
    mutating func quit() -> Action {
        tally.count(.quit, accepted: true)
        state = .closed
        return .replyAndClose(.bye)
    }
}
