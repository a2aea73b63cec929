// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// A point of the dialogue at which somebody may refuse what the client wants.
enum JudgedPoint {
    /// The client is known by its address; nothing was said to it yet.
    case connection
    case hello(SessionMachine.Hello)
    case sender(Transaction)
    /// Of the machine's transaction.
    case recipient(Mailbox)
    /// DATA was said.
    case data(Transaction)
    /// The final dot was seen; nothing was stored yet.
    case message(Transaction)
}

/// An answer that the session waits for, and what happens when it does not come in time.
struct PendingAnswer {
    let ticket: UInt64
    let deadline: NIODeadline
    let expire: () -> Void
}

/// What restrictions and filters say of what the client wants, now or later; the machine waits meanwhile.
extension SessionHandler {
    /// Finds out about the point and tells the machine.
    func judge(_ point: JudgedPoint) {
        guard pool.consults else {
            judged(point, plainRefusal(at: point))
            return
        }
        consult(point) { [self] in judged(point, $0) }
    }

    /// Asks the restrictions, then the filters, until one refuses. `answer` gets the refusal, which was logged, or nil:
    /// at once when nobody must wait, else on the event loop, and never when the session ends first.
    func consult(_ point: JudgedPoint, then answer: @escaping (Reply?) -> Void) {
        restrict(point) { [self] refusal in
            if refusal != nil || isDenied { answer(refusal) } else { filter(point, then: answer) }
        }
    }

    /// Begins a wait, and returns what ends it, to be called on the event loop: `answer` gets what it is called with, or
    /// what `fallback` returns when `limit` has passed. Calls after that, or after the session, do nothing.
    func awaitAnswer(
        within limit: TimeAmount,
        orElse fallback: @escaping () -> Reply?,
        then answer: @escaping (Reply?) -> Void
    ) -> (Reply?) -> Void {
        lastTicket &+= 1
        let ticket = lastTicket
        let end: (Reply?) -> Void = { [self] reply in
            guard pendingAnswer?.ticket == ticket else { return }
            forgetAnswer()
            answer(reply)
            postpone()
            process()
        }
        pendingAnswer = PendingAnswer(ticket: ticket, deadline: now + limit) { end(fallback()) }
        blocks.insert(.answer)
        return end
    }

    /// Whoever owed an answer need not give it any more.
    func forgetAnswer() {
        guard pendingAnswer != nil else { return }
        pendingAnswer = nil
        restrictionRun?.abandon()
        restrictionRun = nil
        blocks.remove(.answer)
    }

    /// In place of the greeting.
    func refuseConnection(with refusal: Reply) {
        pool.statistics.turnedAway.add()
        perform(machine.connectionRefused(with: refusal, name: client.logName))
    }

    /// The answer goes to the machine.
    private func judged(_ point: JudgedPoint, _ refusal: Reply?) {
        switch point {
        case .connection:
            if pool.settings.tls.isWrapped {
                beginWrapped(refusing: refusal)
            } else if let refusal {
                refuseConnection(with: refusal)
            } else {
                perform(machine.connected())
            }
        case .hello:
            perform(machine.helloJudged(refusal))
        case .sender(let transaction):
            perform(machine.senderJudged(refusal ?? openIntake(for: transaction)))
        case .recipient(let recipient):
            if refusal == nil { accepted(recipient) } else { pool.statistics.rejected.add() }
            perform(machine.recipientJudged(refusal))
        case .data:
            perform(machine.dataJudged(refusal))
        case .message(let transaction):
            if let refusal {
                intake = nil
                perform(machine.commitFailed(with: refusal))
            } else {
                commit(transaction)
            }
        }
    }
}
