// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// Whether a client wants its connection encrypted (RFC 3207).
package enum ClientEncryption: Sendable, Equatable {
    /// It never asks.
    case none
    /// It asks where the server offers it, and does without where it fails (RFC 7435).
    case may
    /// It sends no mail in clear text.
    case required
}

/// STARTTLS as the client sees it. What the server said before the handshake is forgotten after it.
extension DialogueMachine {
    /// After EHLO or HELO: the command that begins encryption, or the end where it is missing; nil: go on as it is.
    mutating func encryptionWanted() -> Action? {
        guard encryption != .none, !isEncrypted else { return nil }
        if extensions.startTLS {
            state = .startingTLS
            return .write(ByteBuffer(staticString: "STARTTLS\r\n"))
        }
        guard encryption == .required else { return nil }
        state = .closed
        return .unusable(.broken(.tlsNotOffered, .startTLS))
    }

    mutating func startTLSAnswered(_ reply: Reply) -> Action {
        if reply.code == 220 {
            state = .handshaking
            return .startTLS
        }
        guard encryption == .may, reply.code != 421, reply.isTransient || reply.isPermanent else {
            return unusable(reply, .startTLS)
        }
        state = .ready
        return .ready
    }

    /// The handshake is over: after STARTTLS, or in front of the greeting.
    package mutating func encrypted() -> Action {
        switch state {
        case .handshaking:
            isEncrypted = true
            extensions = PeerExtensions()
            state = .hello(isExtended: true)
            return .write(ByteBuffer(string: "EHLO \(hostname)\r\n"))
        case .greeting:
            isEncrypted = true
            return .none
        case .hello, .ready, .envelope, .body, .endOfData, .emptyBody, .resetting, .startingTLS, .quitting, .closed:
            return .none
        }
    }

    /// The handshake failed, for this reason.
    package mutating func handshakeFailed(_ reason: String) -> Action {
        switch state {
        case .handshaking, .greeting:
            state = .closed
            return encryption == .may ? .retryPlain : .unusable(.broken(.handshake(reason), .startTLS))
        case .hello, .ready, .envelope, .body, .endOfData, .emptyBody, .resetting, .startingTLS, .quitting, .closed:
            return failed(.lost)
        }
    }
}
