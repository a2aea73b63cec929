// SPDX-License-Identifier: Apache-2.0

extension SessionMachine {
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
}
