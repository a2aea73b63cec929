// SPDX-License-Identifier: Apache-2.0

import SMTP

/// The STARTTLS step of a check: between the hello and QUIT, with a second hello after it (RFC 3207).
extension CheckDialogueMachine {
    mutating func wantTLS(_ hello: Reply) -> Action {
        phase = .startTLS
        guard PeerExtensions(hello).startTLS else {
            return finish(CheckVerdict(status: .invalid, info: "STARTTLS is not offered\(place)", owesQuit: true))
        }
        return .send(Array("STARTTLS\r\n".utf8))
    }

    mutating func beginHandshake() -> Action {
        guard replies.isEmpty else {
            let info = "bytes in clear text behind the reply to STARTTLS\(place)"
            return finish(CheckVerdict(status: .invalid, info: info))
        }
        phase = .handshake
        return .startTLS
    }

    /// The handshake that `startTLS` asked for is over.
    package mutating func encrypted() -> Action {
        guard phase == .handshake, case .smtp(let hello) = method else { return .none }
        phase = .encryptedHello
        return .send(Array("\(hello)\r\n".utf8))
    }

    /// The handshake failed, before the dialogue or in it (HAProxy: SSL handshake failure).
    package mutating func handshakeFailed(_ reason: String) -> Action {
        guard phase != .over else { return .none }
        let place = phase == .handshake ? place : ""
        return finish(CheckVerdict(status: .handshakeFailed, info: "SSL handshake failure (\(reason))\(place)"))
    }

    /// The handshake took too long.
    package mutating func handshakeTimedOut() -> Action {
        guard phase != .over else { return .none }
        return finish(CheckVerdict(status: .handshakeTimedOut, info: phase == .handshake ? place : ""))
    }
}
