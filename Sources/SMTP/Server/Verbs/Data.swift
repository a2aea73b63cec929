// SPDX-License-Identifier: Apache-2.0

/// DATA and what follows its final dot (RFC 5321 section 4.1.1.4).
extension SessionMachine {
    mutating func data(_ argument: Substring) -> Action {
        guard case .open(let transaction) = state else { return refuse(.needMail, for: .data) }
        guard argument.isEmpty else { return refuse(.syntax("DATA"), for: .data) }
        guard !transaction.recipients.isEmpty else {
            return refuse(transaction.overshoot > 0 ? .noValidRecipients : .needRecipient, for: .data)
        }
        state = .judgingData(transaction)
        return .judgeData(transaction)
    }

    /// The policy has answered: nil lets the message come, a reply refuses it, and the transaction stays open.
    package mutating func dataJudged(_ refusal: Reply?) -> Action {
        guard case .judgingData(let transaction) = state else { return .none }
        if let refusal {
            state = .open(transaction)
            return refuse(refusal, for: .data)
        }
        state = .receiving(transaction)
        return .receiveData(.startData, transaction)
    }

    /// The final dot was seen.
    ///
    /// - Parameter hasMoreInput: bytes behind the dot are already here. Only a client that was offered PIPELINING may
    ///   send them; from any other they could be a second message that some earlier hop took for the body's text.
    package mutating func dataEnded(_ end: DataEnd, hasMoreInput: Bool) -> Action {
        guard case .receiving(let transaction) = state else { return .none }
        if hasMoreInput, limits.forbidsUnauthorisedPipelining, hello?.isExtended != true {
            tally.count(.data, accepted: false)
            state = .closed
            return .replyAndClose(.notSynchronised)
        }
        state = .ready
        switch end {
        case .complete:
            state = .committing(transaction)
            return .commit(transaction)
        case .tooBig: return refuse(.messageTooBig, for: .data)
        case .tooManyHops: return refuse(.tooManyHops, for: .data)
        case .bareNewline: return refuse(.bareNewline(at: limits.hostname), for: .data)
        case .failed(let reply): return refuse(reply, for: .data)
        }
    }

    /// The message is on stable storage.
    package mutating func committed(as id: String) -> Action {
        guard case .committing = state else { return .none }
        state = .ready
        messages += 1
        errors = 0
        junk = 0
        return accept(.queued(as: id), for: .data)
    }

    /// The message could not be stored, or not in time; the client keeps it and comes again.
    package mutating func commitFailed(with reply: Reply) -> Action {
        guard case .committing = state else { return .none }
        state = .ready
        return refuse(reply, for: .data)
    }

    /// The message is in somebody else's hands, whose reply goes to the client.
    package mutating func passedOn(with reply: Reply) -> Action {
        guard case .committing = state else { return .none }
        state = .ready
        messages += 1
        errors = 0
        junk = 0
        return accept(reply, for: .data)
    }
}
