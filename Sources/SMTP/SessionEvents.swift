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

    /// Decides the reply's words, and whether the session may finish what is under way.
    package var reason: Reason

    /// Sent by the balancer on the session's event loop or from any thread through the pipeline.
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

    /// Where the dialogue is after what has just been said.
    package var phase: Phase
    /// Messages committed in this session so far.
    package var messages: Int
    /// The code of the last reply, 0 before the first.
    package var lastReplyCode: Int

    /// Sent by a pool's session up its pipeline; `MeteringHandler` takes it out there.
    package init(phase: Phase, messages: Int, lastReplyCode: Int) {
        self.phase = phase
        self.messages = messages
        self.lastReplyCode = lastReplyCode
    }
}
