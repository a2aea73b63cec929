// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// The client's side of one SMTP connection: what is said next, and what each recipient's fate is (RFC 5321 section 3).
///
/// With PIPELINING a transaction is MAIL, every RCPT and DATA in one write (RFC 2920); without it one command at a
/// time. After a transaction the machine takes the next one. It owns no clock: `step` says which time limit applies.
package struct DialogueMachine: Sendable {
    /// What the connection is good for after a transaction.
    package enum Next: Sendable, Equatable {
        /// For another transaction at once.
        case ready
        /// These bytes go out, and `.ready` or `.close` follows.
        case write(ByteBuffer)
        /// For nothing.
        case close
    }

    /// What the handler does after an event.
    package enum Action: Sendable, Equatable {
        /// Goes on waiting.
        case none
        /// These bytes go out, and the machine waits for what the server says.
        case write(ByteBuffer)
        /// The machine takes a transaction.
        case ready
        /// The body goes out with its final dot, then the machine hears `bodySent()`.
        case sendBody
        /// The transaction is over: a verdict for each of its recipients, in order.
        case finish([Verdict], Next)
        /// The server had left a kept connection before it could see the transaction, which is given back. Closes.
        case stale
        /// The server takes no mail on this connection: it refused, or broke, before the first transaction. Closes.
        case unusable(Verdict)
        /// Begin the handshake, then say `encrypted` or `handshakeFailed`.
        case startTLS
        /// The handshake failed and need not be: the next connection to this server does without. Closes.
        case retryPlain
        /// The connection is closed.
        case close
    }

    enum State: Sendable {
        case greeting
        case hello(isExtended: Bool)
        case ready
        case envelope(Exchange)
        case body(Exchange)
        case endOfData(Exchange)
        /// DATA was accepted although no recipient was: a lone dot is out to end it.
        case emptyBody([Verdict])
        case resetting
        /// STARTTLS is out.
        case startingTLS
        /// The server agreed, and bytes that come are no replies.
        case handshaking
        case quitting
        case closed
    }

    let hostname: String
    let encryption: ClientEncryption
    var state = State.greeting
    /// Transactions begun.
    var transactions = 0
    /// What the server offered.
    package internal(set) var extensions = PeerExtensions()
    /// Whether the handshake is through: what the server offered before does not count any more (RFC 3207 section 4.2).
    package internal(set) var isEncrypted = false

    /// - Parameter hostname: our name, for EHLO.
    package init(hostname: String, encryption: ClientEncryption = .none) {
        self.hostname = hostname
        self.encryption = encryption
    }

    /// What the server has to answer or read next; nil when nothing is outstanding.
    package var step: DialogueStep? {
        switch state {
        case .greeting: .greeting
        case .hello(let isExtended): isExtended ? .ehlo : .helo
        case .ready, .closed: nil
        case .envelope(let exchange): exchange.step
        case .body: .body
        case .endOfData, .emptyBody: .endOfData
        case .resetting: .reset
        case .startingTLS, .handshaking: .startTLS
        case .quitting: .quit
        }
    }

    /// Whether a transaction may begin.
    package var isReady: Bool {
        if case .ready = state { return true }
        return false
    }

    /// Whether there was a transaction, so that this is a kept connection for the next one.
    package var hasBegun: Bool { transactions > 0 }

    /// Begins a transaction; `.stale` gives it back when the machine is not ready for it.
    package mutating func begin(_ transaction: Transaction) -> Action {
        guard case .ready = state, !transaction.recipients.isEmpty else { return .stale }
        if let limit = extensions.sizeLimit, transaction.size > limit {
            return .finish(transaction.recipients.map { _ in .tooLarge(limit: limit) }, .ready)
        }
        transactions += 1
        var exchange = Exchange(transaction, isPipelined: extensions.pipelining)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(128 + transaction.sender.utf8.count)
        let isWaiting = beginPrelude(of: &exchange, into: &buffer)
        state = .envelope(exchange)
        if isWaiting { return .write(buffer) }
        transaction.writeMail(to: extensions, into: &buffer)
        if extensions.pipelining {
            for recipient in transaction.recipients { Transaction.writeRecipient(recipient, into: &buffer) }
            buffer.writeStaticString("DATA\r\n")
        }
        return .write(buffer)
    }

    /// The body and its final dot have been handed to the connection.
    package mutating func bodySent() {
        guard case .body(let exchange) = state else { return }
        state = .endOfData(exchange)
    }

    /// Ends the dialogue with QUIT if nothing is under way, else at once.
    package mutating func quit() -> Action {
        switch state {
        case .ready, .resetting:
            state = .quitting
            return .write(ByteBuffer(staticString: "QUIT\r\n"))
        case .quitting:
            return .none
        case .greeting, .hello, .envelope, .body, .endOfData, .emptyBody, .startingTLS, .handshaking, .closed:
            state = .closed
            return .close
        }
    }

    /// Gives everything up; whatever comes later is ignored.
    package mutating func abandon() {
        state = .closed
    }

    /// The server sent a whole reply.
    package mutating func received(_ reply: Reply) -> Action {
        switch state {
        case .greeting: return greeted(reply)
        case .hello(let isExtended): return helloAnswered(reply, isExtended: isExtended)
        case .ready:
            // why: an answer to no question. The next one would be taken for the answer to something else.
            state = .closed
            return .close
        case .envelope(let exchange):
            state = .closed
            return answered(reply, exchange)
        case .body(let exchange):
            state = .closed
            let isRefusal = reply.isTransient || reply.isPermanent
            return .finish(
                exchange.completed(
                    with: isRefusal ? .refused(reply, .body) : .broken(.unexpected(reply), .body)
                ),
                .close
            )
        case .endOfData(let exchange): return dataAnswered(reply, exchange)
        case .emptyBody(let verdicts):
            state = reply.code == 421 ? .closed : .ready
            return .finish(verdicts, reply.code == 421 ? .close : .ready)
        case .resetting:
            state = reply.isPositive ? .ready : .closed
            return reply.isPositive ? .ready : .close
        case .startingTLS: return startTLSAnswered(reply)
        case .quitting, .handshaking:
            state = .closed
            return .close
        case .closed: return .none
        }
    }

    /// The connection was lost, a time limit passed, or the server sent what is no reply.
    package mutating func failed(_ fault: DialogueFault) -> Action {
        guard let step else {
            guard case .ready = state else { return .none }
            state = .closed
            return .close
        }
        let former = state
        state = .closed
        switch former {
        case .greeting, .hello, .startingTLS: return .unusable(.broken(fault, step))
        case .handshaking: return encryption == .may ? .retryPlain : .unusable(.broken(fault, step))
        case .envelope(let exchange):
            if fault == .lost, isUnseen(exchange) { return .stale }
            return .finish(exchange.completed(with: .broken(fault, step)), .close)
        case .body(let exchange), .endOfData(let exchange):
            return .finish(exchange.completed(with: .broken(fault, step)), .close)
        case .emptyBody(let verdicts): return .finish(verdicts, .close)
        case .ready, .resetting, .quitting, .closed: return .close
        }
    }

    // MARK: the steps

    private mutating func greeted(_ reply: Reply) -> Action {
        guard reply.isPositive else { return unusable(reply, .greeting) }
        state = .hello(isExtended: true)
        return .write(ByteBuffer(string: "EHLO \(hostname)\r\n"))
    }

    private mutating func helloAnswered(_ reply: Reply, isExtended: Bool) -> Action {
        if reply.isPositive {
            if isExtended { extensions = PeerExtensions(reply) }
            if let action = encryptionWanted() { return action }
            state = .ready
            return .ready
        }
        guard isExtended, reply.code != 421, reply.isTransient || reply.isPermanent else {
            return unusable(reply, isExtended ? .ehlo : .helo)
        }
        state = .hello(isExtended: false)
        return .write(ByteBuffer(string: "HELO \(hostname)\r\n"))
    }

    mutating func unusable(_ reply: Reply, _ step: DialogueStep) -> Action {
        state = .closed
        let isRefusal = reply.isTransient || reply.isPermanent
        return .unusable(isRefusal ? .refused(reply, step) : .broken(.unexpected(reply), step))
    }
}
