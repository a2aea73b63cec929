// SPDX-License-Identifier: Apache-2.0

/// What the balancer asks of a session, as a user event down the pipeline: end at the next transaction boundary.
package struct SessionEndRequest: Sendable, Equatable {
    /// Why the session is asked to end; goes into the log line.
    package enum Reason: Sendable, Equatable {
        /// The process stops or the server is drained.
        case shutdown
        /// An operator said `shutdown session(s)`.
        case killed
        /// The client was silent for too long by the balancer's clock.
        case timedOut
        /// The server it is on went down (`on-marked-down shutdown-sessions`).
        case serverDown
        /// It is on a backup server, and another one came up (`on-marked-up shutdown-backup-sessions`).
        case serverUp
    }

    package var reason: Reason

    package init(reason: Reason) {
        self.reason = reason
    }
}

/// What a session tells the balancer, as a user event up the pipeline, each time it answers and when it ends.
package struct SessionReport: Sendable, Equatable {
    /// Which part of the dialogue the session is in.
    package enum Phase: String, Sendable {
        case greeting, ready, mail, recipient, data, committing, closed
    }

    package var phase: Phase
    /// Messages committed in this session so far.
    package var messages: Int
    /// The code of the last reply, 0 before the first.
    package var lastReplyCode: Int

    package init(phase: Phase, messages: Int, lastReplyCode: Int) {
        self.phase = phase
        self.messages = messages
        self.lastReplyCode = lastReplyCode
    }
}
