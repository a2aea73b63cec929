// SPDX-License-Identifier: Apache-2.0

/// Events that end a session, or keep it from beginning, whatever the client says.
extension SessionMachine {
    /// The client was silent, or trickled, for too long.
    package mutating func timedOut() -> Action { dropped(with: .timedOut(at: limits.hostname)) }

    /// Somebody beside the dialogue ends the session with a reply of his own: a policy that knows more than the commands.
    package mutating func dropped(with reply: Reply) -> Action {
        switch state {
        case .closed, .committing, .judgingHello, .judgingSender, .judgingRecipient, .judgingData, .startingTLS:
            return .none
        case .connecting, .ready, .open, .receiving:
            state = .closed
            return .replyAndClose(reply)
        }
    }

    /// The session is asked to end; nil: it must be asked again after the next reply.
    package mutating func endRequested() -> Action? {
        guard isAtBoundary else { return nil }
        guard !isClosed else { return Action.none }
        state = .closed
        return .replyAndClose(.closing(at: limits.hostname))
    }

    /// The session cannot be served at all: in place of the greeting.
    package mutating func turnedAway(with reply: Reply) -> Action {
        guard !isGreeted else { return .none }
        state = .closed
        return .replyAndClose(reply)
    }

    /// A policy refuses the client in place of the greeting; it may say QUIT (RFC 5321 section 3.1).
    ///
    /// - Parameter name: the client as replies name it.
    package mutating func connectionRefused(with reply: Reply, name: String) -> Action {
        guard !isGreeted else { return .none }
        if reply.code == 421 || reply.code == 521 { return turnedAway(with: reply) }
        state = .ready
        errors += 1
        accessDenied = .accessDenied(to: name)
        return .reply(reply)
    }

    /// The connection is gone.
    package mutating func disconnected() {
        state = .closed
    }
}
