// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

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
        // Behind the 220 to STARTTLS, and whatever was pipelined to it, the next bytes are the handshake's.
        guard case .relaying = state, let replies, replies.takesWords, transactions?.hasBegunTLS != true, !inputEnded,
            let context
        else { return false }
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

    /// The last reply of a session that was asked to end; to a client that was silent for too long in Postfix's words.
    func farewell(_ reason: SessionEndRequest.Reason) -> String {
        switch reason {
        case .timedOut: "421 4.4.2 \(hostname) Error: timeout exceeded\r\n"
        case .shutdown: unavailable("shutting down")
        case .killed: unavailable("session ended by the operator")
        case .serverDown: unavailable("server is down")
        case .serverUp: unavailable("another server is up again")
        }
    }
}
