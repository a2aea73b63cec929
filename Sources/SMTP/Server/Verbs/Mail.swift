// SPDX-License-Identifier: Apache-2.0

/// MAIL (RFC 5321 section 4.1.1.2): opens a transaction, if the policy and the spool agree.
extension SessionMachine {
    mutating func mail(_ argument: Substring) -> Action {
        if case .open = state { return refuse(.nestedMail, for: .mail) }
        if hello == nil, limits.requiresHello { return refuse(.sendHello, for: .mail) }
        guard let parsed = PathArgument(argument, keyword: "FROM") else {
            return refuse(.syntax("MAIL FROM:<address>"), for: .mail)
        }
        var transaction = Transaction(sender: nil, declaredEightBit: false, declaredSize: nil)
        if !parsed.path.isEmpty {
            guard let sender = Mailbox(parsed.path) else { return refuse(.badSender, for: .mail) }
            transaction.sender = sender
        }
        for parameter in parsed.parameters {
            guard let problem = apply(parameter, to: &transaction) else { continue }
            let action = refuse(problem, for: .mail)
            return problem == .sizeExceedsLimit && action == .reply(problem)
                ? .replyTooBig(problem, transaction) : action
        }
        state = .judgingSender(transaction)
        return .judgeSender(transaction)
    }

    /// The policy and the spool have answered: nil opens the transaction, a reply refuses it.
    package mutating func senderJudged(_ refusal: Reply?) -> Action {
        guard case .judgingSender(let transaction) = state else { return .none }
        if let refusal {
            state = .ready
            forwarded = nil
            return refuse(refusal, for: .mail)
        }
        state = .open(transaction)
        return accept(.senderOk, for: .mail)
    }

    private func apply(_ parameter: Substring, to transaction: inout Transaction) -> Reply? {
        let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count == 2 ? parts[1] : ""
        switch parts[0].uppercased() {
        case "SIZE":
            guard !value.isEmpty, value.utf8.count <= 20, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return .syntax("MAIL FROM:<address> SIZE=number")
            }
            // why: 20 digits may exceed Int; what does not fit is certainly too big.
            let size = Int(value) ?? Int.max
            guard limits.messageSize == 0 || size <= limits.messageSize else { return .sizeExceedsLimit }
            transaction.declaredSize = size
        case "BODY":
            switch value.uppercased() {
            case "7BIT": transaction.declaredEightBit = false
            case "8BITMIME": transaction.declaredEightBit = true
            default: return .unsupportedOption(parameter.prefix(64))
            }
        default:
            return .unsupportedOption(parameter.prefix(64))
        }
        return nil
    }
}
