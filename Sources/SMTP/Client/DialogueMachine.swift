// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// The client's side of one SMTP connection: what is said next, and what each recipient's fate is (RFC 5321 section 3).
///
/// With PIPELINING a transaction is MAIL, every RCPT and DATA in one write (RFC 2920); without it one command at a
/// time. After a transaction the machine takes the next one. It owns no clock: `step` says which time limit applies.
package struct DialogueMachine: Sendable {
    /// The envelope a dialogue carries.
    package struct Transaction: Sendable, Equatable {
        /// The reverse path without angle brackets.
        package var sender: String
        /// The forward paths without angle brackets; at least one.
        package var recipients: [String]
        /// Bytes of the message, for SIZE.
        package var size: Int
        /// Whether the message has bytes above 127. A server without 8BITMIME gets such a message as it is.
        package var eightBit: Bool
        /// Whom a server that offers XFORWARD is told the message is from; nil: nobody.
        package var client: ForwardedClient?

        package init(
            sender: String,
            recipients: [String],
            size: Int,
            eightBit: Bool,
            client: ForwardedClient? = nil
        ) {
            self.sender = sender
            self.recipients = recipients
            self.size = size
            self.eightBit = eightBit
            self.client = client
        }
    }

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
        case close
    }

    /// A transaction under way.
    struct Exchange: Sendable {
        var transaction: Transaction
        var verdicts: [Verdict?]
        /// Replies seen so far: 0 none, 1 MAIL's, 1 + n the n-th RCPT's.
        var replies = 0
        var accepted = 0
        /// Commands in front of MAIL that have no reply yet; what it says does not matter.
        var prelude: [String] = []
        /// Whether every command is out already.
        var isPipelined: Bool
        var isMailRefused = false

        init(_ transaction: Transaction, isPipelined: Bool) {
            self.transaction = transaction
            self.isPipelined = isPipelined
            verdicts = Array(repeating: nil, count: transaction.recipients.count)
        }

        var step: DialogueStep {
            if replies == 0 { return .mail }
            return replies <= transaction.recipients.count ? .recipient : .data
        }

        /// The verdicts, with `verdict` for everyone who has none yet.
        func completed(with verdict: Verdict) -> [Verdict] {
            verdicts.map { $0 ?? verdict }
        }
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
    private var transactions = 0
    /// What the server offered.
    package internal(set) var extensions = PeerExtensions()
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
        if let client = transaction.client, !extensions.forwarding.isEmpty {
            exchange.prelude = client.commands(attributes: extensions.forwarding)
        }
        state = .envelope(exchange)
        for command in exchange.prelude {
            buffer.writeString(command + "\r\n")
            if !extensions.pipelining { return .write(buffer) }
        }
        writeMail(transaction, into: &buffer)
        if extensions.pipelining {
            for recipient in transaction.recipients { writeRecipient(recipient, into: &buffer) }
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

    private mutating func answered(_ reply: Reply, _ exchange: Exchange) -> Action {
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

    /// Postfix goes on as well where XFORWARD is refused: it is for the server's log only.
    private mutating func preludeAnswered(_ exchange: Exchange) -> Action {
        var exchange = exchange
        exchange.prelude.removeFirst()
        state = .envelope(exchange)
        if exchange.isPipelined { return .none }
        var buffer = ByteBuffer()
        if let next = exchange.prelude.first {
            buffer.writeString(next + "\r\n")
        } else {
            writeMail(exchange.transaction, into: &buffer)
        }
        return .write(buffer)
    }

    /// Without PIPELINING: the command after the one that was just answered.
    private mutating func nextCommand(_ exchange: Exchange) -> Action {
        var buffer = ByteBuffer()
        switch exchange.step {
        case .recipient where !exchange.isMailRefused:
            writeRecipient(exchange.transaction.recipients[exchange.replies - 1], into: &buffer)
        case .data where exchange.accepted > 0:
            buffer.writeStaticString("DATA\r\n")
        case .recipient, .data, .mail, .greeting, .ehlo, .helo, .startTLS, .body, .endOfData, .reset, .quit:
            return reset(exchange.verdicts.compactMap { $0 })
        }
        state = .envelope(exchange)
        return .write(buffer)
    }

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

    private mutating func dataAnswered(_ reply: Reply, _ exchange: Exchange) -> Action {
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
    private func isUnseen(_ exchange: Exchange) -> Bool {
        exchange.replies == 0 && transactions > 1
    }

    private func writeMail(_ transaction: Transaction, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("MAIL FROM:<")
        buffer.writeString(transaction.sender)
        buffer.writeStaticString(">")
        if extensions.size {
            buffer.writeStaticString(" SIZE=")
            buffer.writeString(String(transaction.size))
        }
        if transaction.eightBit, extensions.eightBitMIME {
            buffer.writeStaticString(" BODY=8BITMIME")
        }
        buffer.writeStaticString("\r\n")
    }

    private func writeRecipient(_ recipient: String, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("RCPT TO:<")
        buffer.writeString(recipient)
        buffer.writeStaticString(">\r\n")
    }
}
