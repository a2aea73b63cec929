// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import SMTP

/// The dialogue with a filter in front of the queue: one message, all of its recipients or none (Postfix:
/// smtpd_proxy_filter with speed_adjust).
package struct ProxyFilterMachine: Sendable {
    /// What to do next.
    package enum Action: Sendable, Equatable {
        case none
        case write(ByteBuffer)
        /// The body goes out with its final dot, then the machine hears `bodySent()`.
        case sendBody
        /// The dialogue is over; `bytes` still go out.
        case finish(Result, ByteBuffer)
    }

    /// What the filter said of the message.
    package enum Result: Sendable, Equatable {
        /// Its reply to the final dot, or the refusal of a command: what the client is told.
        case answered(Reply)
        /// The filter did not play its part; the log is told this.
        case failed(String)
    }

    private enum State: Sendable, Equatable {
        case greeting
        case hello
        case forwarding([String])
        case mail
        case recipient(Int)
        case data
        case body
        case endOfData
        case closed
    }

    private let name: String
    private let hello: String
    private let transaction: DialogueMachine.Transaction
    private let client: ForwardedClient?
    private var state = State.greeting
    private var takesEightBit = false

    /// - Parameters:
    ///   - name: the filter's, for log lines.
    ///   - hello: our name for EHLO.
    ///   - client: whom the filter is told the message is from, if it asks.
    package init(
        name: String,
        hello: String,
        transaction: DialogueMachine.Transaction,
        client: ForwardedClient?
    ) {
        self.name = name
        self.hello = hello
        self.transaction = transaction
        self.client = client
    }

    /// Whether the filter waits for the message.
    package var isSendingBody: Bool { state == .body }

    /// The filter sent a whole reply.
    package mutating func received(_ reply: Reply) -> Action {
        switch state {
        case .greeting:
            guard reply.isPositive else { return unfit(reply, "greeting") }
            state = .hello
            return write("EHLO \(hello)")
        case .hello:
            guard reply.isPositive else { return unfit(reply, "EHLO") }
            takesEightBit = PeerExtensions(reply).eightBitMIME
            return forward(client?.commands(offered: reply) ?? [])
        case .forwarding(let rest):
            guard reply.isPositive else { return unfit(reply, "XFORWARD") }
            return forward(rest)
        case .mail:
            guard reply.isPositive else { return refused(reply, "MAIL FROM") }
            return recipient(0)
        case .recipient(let index):
            guard reply.isPositive else { return refused(reply, "RCPT TO") }
            return recipient(index + 1)
        case .data:
            guard reply.code == 354 else { return refused(reply, "DATA") }
            state = .body
            return .sendBody
        case .body:
            // why: a filter that answers before the end has not seen the message, whatever it says.
            return refused(reply, "message content")
        case .endOfData:
            guard !reply.isPositive else { return finish(.answered(reply)) }
            return refused(reply, "END-OF-MESSAGE")
        case .closed:
            return .none
        }
    }

    /// The body and its final dot have been handed to the connection.
    package mutating func bodySent() {
        if state == .body { state = .endOfData }
    }

    /// The connection was lost, or a time limit passed.
    package mutating func failed(_ reason: String) -> Action {
        guard state != .closed else { return .none }
        state = .closed
        return .finish(.failed(reason), ByteBuffer())
    }

    private mutating func forward(_ commands: [String]) -> Action {
        guard let next = commands.first else {
            state = .mail
            let suffix = transaction.eightBit && takesEightBit ? " BODY=8BITMIME" : ""
            return write("MAIL FROM:<\(transaction.sender)>\(suffix)")
        }
        state = .forwarding(Array(commands.dropFirst()))
        return write(next)
    }

    private mutating func recipient(_ index: Int) -> Action {
        guard transaction.recipients.indices.contains(index) else {
            state = .data
            return write("DATA")
        }
        state = .recipient(index)
        return write("RCPT TO:<\(transaction.recipients[index])>")
    }

    private mutating func refused(_ reply: Reply, _ command: String) -> Action {
        guard reply.isTransient || reply.isPermanent, state != .body else { return unfit(reply, command) }
        return finish(.answered(reply))
    }

    private mutating func unfit(_ reply: Reply, _ command: String) -> Action {
        finish(.failed("proxy \(name) rejected \"\(command)\": \"\(reply.summary)\""))
    }

    private mutating func finish(_ result: Result) -> Action {
        // why: in the middle of a body QUIT would be one more line of it.
        let isInBody = state == .body
        state = .closed
        return .finish(result, isInBody ? ByteBuffer() : ByteBuffer(string: "QUIT\r\n"))
    }

    private func write(_ command: String) -> Action {
        .write(ByteBuffer(string: command + "\r\n"))
    }
}
