// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SMTP

/// What rates and restriction lists say of what the client wants.
extension SessionHandler {
    /// `answer` gets the refusal, which was logged, or nil; see `consult`.
    func restrict(_ point: JudgedPoint, then answer: @escaping (Reply?) -> Void) {
        if case .sender = point {
            transactions &+= 1
            effects = sessionEffects
        }
        if let refusal = isDenied ? plainRefusal(at: point) : rateRefusal(at: point) {
            answer(refusal)
            return
        }
        guard let book = pool.restrictions, !isDenied else {
            answer(isDenied ? nil : plainRefusal(at: point))
            return
        }
        guard let machine = book.machine(at: point, facts(at: point), deferrals) else {
            answer(nil)
            return
        }
        var done: ((Reply?) -> Void)?
        let run = RestrictionRun(
            machine,
            book: book,
            lookUp: pool.lookUp,
            policies: lane.policies,
            eventLoop: lane.eventLoop
        ) { [self] run, refusal in
            restrictionRun = nil
            report(run, refusal, at: point)
            if let done { done(refusal) } else { answer(refusal) }
        }
        restrictionRun = run
        run.begin()
        guard run.isPending else { return }
        var expired: Reply?
        let end = awaitAnswer(
            within: .milliseconds(Int64(clamping: book.settings.lookupDeadline + book.settings.policyPatience)),
            orElse: {
                done = { expired = $0 }
                run.expire()
                return expired
            },
            then: answer
        )
        done = end
    }

    /// The refusal of the relay policy, and of clients on a denylist, logged; nil when nothing is in the client's way.
    func plainRefusal(at point: JudgedPoint) -> Reply? {
        guard case .recipient(let recipient) = point else { return nil }
        if isDenied {
            let refusal = screening?.refusal ?? .serviceUnavailable(550)
            if screening != nil { pool.statistics.screening.rejected.add() }
            let sender = machine.transaction?.senderAddress ?? ""
            log.denied(refusal, from: sender, to: recipient.address, hello: machine.hello)
            return refusal
        }
        guard let refusal = pool.policy.refusal(of: recipient, isTrusted: isTrusted) else { return nil }
        logRefusal(refusal.summary, at: point)
        return refusal
    }

    /// A line of Postfix's log_whatsup.
    func logRefusal(_ text: String, as what: String = "reject", at point: JudgedPoint) {
        let facts = facts(at: point)
        log.judged(
            what,
            point.name,
            text,
            from: facts.hasSender ? (facts.sender?.address ?? "") : nil,
            to: facts.recipient?.address,
            // why: the protocol is that of an earlier HELO, the name is the one that is judged.
            isExtended: machine.hello?.isExtended == true,
            helo: facts.hello?.name,
            queueID: intake.flatMap { $0.isLogged ? $0.draft.id : nil }
        )
    }

    /// What is known at a point.
    private func facts(at point: JudgedPoint) -> RestrictionFacts {
        var facts = RestrictionFacts(client: client)
        facts.isTrusted = isTrusted
        facts.hello = machine.hello
        facts.isOutOfSync = machine.isOutOfSync
        facts.hostname = pool.settings.hostname
        facts.session.stage = point.name
        facts.session.isExtended = machine.hello?.isExtended == true
        facts.session.instance = "\(String(session, radix: 16)).\(transactions)"
        facts.session.encryption = tls?.facts
        facts.session.changesMessages = pool.settings.filters.proxyFilter == nil
        facts.session.size = machine.transaction?.declaredSize ?? 0
        if let intake, intake.isLogged { facts.session.queueID = intake.draft.id.description }
        switch point {
        case .connection:
            break
        case .hello(let hello):
            facts.hello = hello
        case .sender(let transaction):
            facts.hasSender = true
            facts.sender = transaction.sender
            facts.session.size = transaction.declaredSize ?? 0
        case .recipient(let recipient):
            let transaction = machine.transaction
            facts.hasSender = true
            facts.sender = transaction?.sender
            facts.recipient = recipient
            facts.recipients = transaction?.recipients.count ?? 0
        case .data(let transaction), .message(let transaction):
            facts.hasSender = true
            facts.sender = transaction.sender
            // why: of several recipients none is more to blame than the others.
            facts.recipient = transaction.recipients.count == 1 ? transaction.recipients.first : nil
            facts.recipients = transaction.recipients.count
            facts.session.size = transaction.declaredSize ?? 0
            if case .message = point { facts.session.size = intake?.size ?? 0 }
        }
        return facts
    }

    /// What is to be done with the message; said before MAIL, with all of the session.
    private func take(_ effect: MessageEffect, _ text: String, at point: JudgedPoint) {
        if let name = effect.logName { logRefusal(text, as: name, at: point) }
        switch point {
        case .connection, .hello: sessionEffects.take(effect)
        case .sender, .recipient, .data, .message: effects.take(effect)
        }
    }

    /// The log's lines of an evaluation, and what it leaves for later commands.
    private func report(_ run: RestrictionRun, _ refusal: Reply?, at point: JudgedPoint) {
        for note in run.takeNotes() {
            switch note {
            case .rejectWarning(let text): logRefusal(text, as: "reject_warning", at: point)
            case .info(let text): logRefusal(text, as: "info", at: point)
            case .warn(let text): logRefusal(text, as: "warn", at: point)
            case .change(let effect, let text): take(effect, text, at: point)
            case .trouble(let text):
                pool.statistics.restrictionTroubles.add()
                log.warn(text)
            }
        }
        if let refusal { logRefusal(refusal.summary, at: point) }
        switch point {
        case .connection: deferrals.client = run.machine.deferIfPermit
        case .hello: deferrals.helo = run.machine.deferIfPermit
        case .sender: deferrals.sender = run.machine.deferIfPermit
        case .recipient, .data, .message: break
        }
    }
}

extension JudgedPoint {
    /// Where the dialogue is, as Postfix's log lines name it.
    fileprivate var name: String {
        switch self {
        case .connection: "CONNECT"
        case .hello(let hello): hello.isExtended ? "EHLO" : "HELO"
        case .sender: "MAIL"
        case .recipient: "RCPT"
        case .data: "DATA"
        case .message: "END-OF-MESSAGE"
        }
    }
}
