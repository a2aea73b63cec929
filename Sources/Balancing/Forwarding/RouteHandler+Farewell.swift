// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Words instead of EOF: how a forwarded session ends for a client that speaks SMTP.
extension RouteHandler {
    /// The server is gone in the middle of the dialogue: tells the client, unless the server has said why itself or nothing
    /// can be said.
    ///
    /// - Returns: false where the client is only to be closed.
    func serverLost() -> Bool {
        guard case .relaying = state, let replies, replies.takesWords, !inputEnded else { return false }
        metering.end(.serverAborted)
        return sayFarewell(environment.lost("connection to the server lost"))
    }

    /// Puts a last reply behind the server's, and closes; false where no line may be put there.
    func sayFarewell(_ reply: String) -> Bool {
        guard case .relaying = state, let replies, replies.takesWords, !inputEnded, let context else { return false }
        dropServer()
        turnAway(context, reply)
        return true
    }

    /// Lets the connection to the server go without listening to it any further.
    func dropServer() {
        let handler = server
        server = nil
        handler?.leave()
    }
}

extension Environment {
    /// The reply to a client whose server fails in the middle of the dialogue.
    func lost(_ reason: String) -> String {
        "421 4.3.0 \(hostname) Service not available: \(reason), try again later\r\n"
    }

    /// The reply to a client that was silent for too long, in Postfix's words.
    var timeoutExceeded: String { "421 4.4.2 \(hostname) Error: timeout exceeded\r\n" }
}
