// SPDX-License-Identifier: Apache-2.0

import struct NIOCore.ByteBuffer

/// The transaction from MAIL to the reply to the final dot: what a reply means for its recipients, and what is said next.
extension DialogueMachine {
    /// A reply to one of the commands from MAIL to DATA, or to what went before them.
    mutating func answered(_ reply: Reply, _ exchange: Exchange) -> Action {
        var exchange = exchange
        if !exchange.prelude.isEmpty, reply.code != 421 { return preludeAnswered(exchange) }
        let step = exchange.step
        let isRefusal = reply.isTransient || reply.isPermanent
        if reply.code == 421 {
            // why: on a kept connection it means the server was leaving when the transaction came.
            if isUnseen(exchange) { return .stale }
            return .finish(exchange.completed(with: .refused(reply, step)), .close)
        }
        guard isRefusal || (step == .data ? reply.code == 354 : reply.isPositive) else {
            return .finish(exchange.completed(with: .broken(.unexpected(reply), step)), .close)
        }
        exchange.replies += 1
        switch step {
        case .mail where isRefusal:
            exchange.isMailRefused = true
            exchange.verdicts = exchange.completed(with: .refused(reply, .mail))
        case .recipient where isRefusal:
            let index = exchange.replies - 2
            if exchange.verdicts[index] == nil { exchange.verdicts[index] = .refused(reply, .recipient) }
        case .recipient:
            exchange.accepted += 1
        case .data:
            return dataStarted(isRefusal ? reply : nil, exchange)
        case .mail, .greeting, .ehlo, .helo, .startTLS, .body, .endOfData, .reset, .quit:
            break
        }
        if !exchange.isPipelined { return nextCommand(exchange) }
        state = .envelope(exchange)
        return .none
    }

    /// Without PIPELINING: the command after the one that was just answered.
    private mutating func nextCommand(_ exchange: Exchange) -> Action {
        var buffer = ByteBuffer()
        switch exchange.step {
        case .recipient where !exchange.isMailRefused:
            Transaction.writeRecipient(exchange.transaction.recipients[exchange.replies - 1], into: &buffer)
        case .data where exchange.accepted > 0:
            buffer.writeStaticString("DATA\r\n")
        case .recipient, .data, .mail, .greeting, .ehlo, .helo, .startTLS, .body, .endOfData, .reset, .quit:
            return reset(exchange.verdicts.compactMap { $0 })
        }
        state = .envelope(exchange)
        return .write(buffer)
    }

    /// The reply to DATA. No refusal: the server waits for the body.
    private mutating func dataStarted(_ refusal: Reply?, _ exchange: Exchange) -> Action {
        if let refusal {
            return reset(exchange.completed(with: .refused(refusal, .data)))
        }
        if exchange.isMailRefused, exchange.accepted > 0 {
            // why: a server that refuses MAIL and takes RCPT and DATA might deliver an empty message. It gets no dot.
            return .finish(exchange.verdicts.compactMap { $0 }, .close)
        }
        if exchange.accepted == 0 {
            state = .emptyBody(exchange.verdicts.compactMap { $0 })
            return .write(ByteBuffer(staticString: ".\r\n"))
        }
        state = .body(exchange)
        return .sendBody
    }

    private mutating func reset(_ verdicts: [Verdict]) -> Action {
        state = .resetting
        return .finish(verdicts, .write(ByteBuffer(staticString: "RSET\r\n")))
    }

    /// The reply to the final dot.
    mutating func dataAnswered(_ reply: Reply, _ exchange: Exchange) -> Action {
        let isRefusal = reply.isTransient || reply.isPermanent
        guard isRefusal || reply.isPositive else {
            state = .closed
            return .finish(exchange.completed(with: .broken(.unexpected(reply), .endOfData)), .close)
        }
        let verdict = isRefusal ? Verdict.refused(reply, .endOfData) : .accepted(reply)
        state = reply.code == 421 ? .closed : .ready
        return .finish(exchange.completed(with: verdict), reply.code == 421 ? .close : .ready)
    }

    /// Whether the server may not have seen anything of the transaction: a kept connection, and no reply yet.
    func isUnseen(_ exchange: Exchange) -> Bool {
        exchange.replies == 0 && transactions > 1
    }
}
