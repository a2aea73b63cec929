// SPDX-License-Identifier: Apache-2.0

/// RCPT (RFC 5321 section 4.1.1.3): one more recipient, if there is room and the policy agrees.
extension SessionMachine {
    mutating func recipient(_ argument: Substring) -> Action {
        guard case .open(var transaction) = state else { return refuse(.needMail, for: .rcpt) }
        guard let parsed = PathArgument(argument, keyword: "TO"), !parsed.path.isEmpty || parsed.bracketed else {
            return refuse(.syntax("RCPT TO:<address>"), for: .rcpt)
        }
        guard let mailbox = Mailbox(parsed.path) else { return refuse(.badRecipient, for: .rcpt) }
        if let parameter = parsed.parameters.first {
            return refuse(.unsupportedOption(parameter.prefix(64)), for: .rcpt)
        }
        guard transaction.recipients.count < limits.recipients else {
            // why: a client with a long list is told to come again (RFC 5321 4.5.3.1.10), one that never stops is cut.
            transaction.overshoot += 1
            let isExcessive = transaction.overshoot > limits.recipients
            state = .open(transaction)
            if isExcessive { return refuse(.tooManyRecipients, for: .rcpt) }
            tally.count(.rcpt, accepted: false)
            return .reply(.tooManyRecipients)
        }
        state = .judgingRecipient(transaction, mailbox)
        return .judgeRecipient(mailbox)
    }

    /// The policy has answered: nil accepts the recipient, a reply refuses it.
    package mutating func recipientJudged(_ refusal: Reply?) -> Action {
        guard case .judgingRecipient(var transaction, let mailbox) = state else { return .none }
        if let refusal {
            state = .open(transaction)
            return refuse(refusal, for: .rcpt)
        }
        // why: without this the array would be shared with the state for a moment and copied on append.
        state = .ready
        transaction.recipients.append(mailbox)
        state = .open(transaction)
        return accept(.recipientOk, for: .rcpt)
    }
}
