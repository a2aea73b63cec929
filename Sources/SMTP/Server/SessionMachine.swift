// SPDX-License-Identifier: Apache-2.0

/// The server's side of an SMTP dialogue as a pure state machine: events in the past tense go in, one action comes out.
///
/// Verbs live in `Verbs/`, one file each; this file takes lines to them, keeps the score of errors, and holds what every verb
/// shares. What ends a session from outside is in `SessionMachine+Ending`, what others may know of it in `+Facts`.
package struct SessionMachine: Sendable {
    /// What decides which command is legal. Not Equatable: a comparison would copy both sides with all they hold.
    enum State: Sendable {
        case connecting
        case ready
        /// HELO or EHLO is with the policy; the transaction that is open is lost only when it agrees.
        case judgingHello(Hello, Transaction?)
        /// MAIL is with the policy and the spool.
        case judgingSender(Transaction)
        case open(Transaction)
        /// RCPT is with the policy.
        case judgingRecipient(Transaction, Mailbox)
        /// DATA is with the policy.
        case judgingData(Transaction)
        case receiving(Transaction)
        case committing(Transaction)
        /// 220 was said to STARTTLS, and the handshake is under way.
        case startingTLS
        case closed
    }

    /// What to do next.
    package enum Action: Sendable, Equatable {
        /// Send the reply and go on.
        case reply(Reply)
        /// Tell the log that the transaction is too big, send the reply and go on.
        case replyTooBig(Reply, Transaction)
        /// Send the reply, then close.
        case replyAndClose(Reply)
        /// Ask the policy about a client's name, then call `helloJudged`.
        case judgeHello(Hello)
        /// Ask the policy and the spool about a new transaction, then call `senderJudged`.
        case judgeSender(Transaction)
        /// Ask the policy about a recipient, then call `recipientJudged`. The transaction stays with the machine: a second
        /// holder would have its list of recipients copied with each of them.
        case judgeRecipient(Mailbox)
        /// Ask the policy whether the message may come, then call `dataJudged`.
        case judgeData(Transaction)
        /// Send the reply and feed what follows to a `DataDecoder`, then call `dataEnded`.
        case receiveData(Reply, Transaction)
        /// Put the message on stable storage, then call `committed` or `commitFailed`.
        case commit(Transaction)
        /// Send the reply and begin the handshake, then call `tlsEstablished`, `tlsUnavailable` or `tlsFailed`.
        case startTLS(Reply)
        /// Wait for what has been asked for, or for nobody any more.
        case none
    }

    /// How the client introduced itself.
    package struct Hello: Sendable, Equatable {
        /// As the client said it, and whether by EHLO.
        package var name: String
        /// Whether it was EHLO: the client knows extensions, and may pipeline.
        package var isExtended: Bool
    }

    /// What `dataEnded` is told about the body.
    package enum DataEnd: Sendable, Equatable {
        /// The final dot came, and the message may be committed.
        case complete
        /// It was longer than `messageSize`; 552 (RFC 1870).
        case tooBig
        /// It has too many Received headers: a loop.
        case tooManyHops
        /// A line ended in a bare LF, and that is refused here.
        case bareNewline
        /// The spool could not take it.
        case failed(Reply)
    }

    /// What the dialogue is bound by.
    package var limits: SessionLimits
    /// What the session is told of TLS; the handler says in `isActive` that the handshake is through.
    package var encryption = SessionEncryption()
    var state = State.connecting
    /// HELO or EHLO, nil before either.
    package internal(set) var hello: Hello?
    /// Commands by verb, for the disconnect line.
    package internal(set) var tally = CommandTally()
    /// Whether the client may say with XFORWARD on whose behalf it brings mail.
    package var isForwarder = false
    /// What it said of the next message.
    var forwarded: ForwardedClient?
    /// Messages committed in this session.
    package internal(set) var messages = 0
    /// Whether the client sent input that it had to wait with, and was let go on.
    package private(set) var isOutOfSync = false
    /// What is answered to all but QUIT; nil for a client that was greeted.
    var accessDenied: Reply?
    var errors = 0
    var junk = 0

    /// A session before its greeting.
    package init(limits: SessionLimits) {
        self.limits = limits
    }
}

// The greeting, and lines of the client.
extension SessionMachine {
    /// The client is connected and identified: greet it.
    package mutating func connected() -> Action {
        guard !isGreeted else { return .none }
        state = .ready
        return .reply(Reply(220, nil, limits.banner))
    }

    /// A command line came in, without its line end.
    ///
    /// - Parameters:
    ///   - hasBareNewline: the line ended in LF alone.
    ///   - hasMoreInput: further bytes of the client are already here.
    package mutating func received(line: Substring, hasBareNewline: Bool = false, hasMoreInput: Bool) -> Action {
        switch state {
        case .connecting, .judgingHello, .judgingSender, .judgingRecipient, .judgingData, .receiving, .committing,
            .startingTLS, .closed:
            return .none
        case .ready, .open:
            break
        }
        if hasBareNewline, limits.rejectsBareNewline {
            return refuse(.bareNewline(at: limits.hostname), for: .unknown)
        }
        let line = line.withoutOuterBlanks
        let word = line.utf8.prefix { !$0.isBlank }
        let argument = line[word.endIndex...].withoutOuterBlanks
        let verb = Verb(word)
        if verb == .unknown, isForeign(Substring(word), behind: argument) {
            tally.count(.unknown, accepted: false)
            state = .closed
            return .replyAndClose(.notSMTP)
        }
        if let accessDenied, verb != .quit { return refuse(accessDenied, for: verb) }
        if hasMoreInput, mustWait(after: verb) {
            isOutOfSync = true
            // why: what comes behind STARTTLS in clear text must never be taken for what comes encrypted.
            if limits.forbidsUnauthorisedPipelining || verb == .starttls {
                tally.count(verb, accepted: false)
                state = .closed
                return .replyAndClose(.notSynchronised)
            }
        }
        if verb.isJunk {
            junk += 1
            if junk > limits.junkCommands, let end = countError() { return end }
        }
        // why: to everybody else it is an unknown word.
        if isForwarder, verb == .unknown, SessionMachine.isForward(word) { return forward(argument) }
        return dispatch(verb, argument)
    }

    /// A command line grew beyond the limit; the rest up to its end is being thrown away.
    package mutating func lineTooLong() -> Action {
        guard !isClosed else { return .none }
        return refuse(.commandTooLong(at: limits.hostname), for: .unknown)
    }

    /// Another stretch of an endless line was thrown away.
    package mutating func lineContinues() -> Action {
        guard !isClosed else { return .none }
        return countError() ?? .none
    }

    /// The client must wait for the reply to this command, by RFC 2920 or because it never said EHLO.
    func mustWait(after verb: Verb) -> Bool {
        verb.endsGroup || (hello?.isExtended != true && verb != .quit)
    }

    /// Whether the line is another protocol's: a forbidden word, or a header such as `Host: example.org`.
    private func isForeign(_ word: Substring, behind argument: Substring) -> Bool {
        if let colon = word.utf8.firstIndex(of: UInt8(ascii: ":")) { return colon > word.utf8.startIndex }
        if argument.utf8.first == UInt8(ascii: ":") { return !word.isEmpty }
        return limits.forbiddenCommands.contains(word.uppercased())
    }

    private mutating func dispatch(_ verb: Verb, _ argument: Substring) -> Action {
        if let refusal = encryption.refusal(of: verb) { return refuse(refusal, for: verb) }
        return switch verb {
        case .helo: hello(argument, extended: false)
        case .ehlo: hello(argument, extended: true)
        case .starttls: startTLS(argument)
        case .mail: mail(argument)
        case .rcpt: recipient(argument)
        case .data: data(argument)
        case .rset: reset(argument)
        case .noop: noop()
        case .vrfy: verify(argument)
        case .help: help()
        case .quit: quit()
        case .unknown: unknown(argument)
        }
    }
}

// What every verb shares.
extension SessionMachine {
    /// The command was carried out.
    mutating func accept(_ reply: Reply, for verb: Verb) -> Action {
        tally.count(verb, accepted: true)
        return .reply(reply)
    }

    /// The command was refused; too many of those end the session, and so does a reply that says so (RFC 5321 section
    /// 3.8 and RFC 7504; Postfix: smtpd_chat_reply).
    mutating func refuse(_ reply: Reply, for verb: Verb) -> Action {
        tally.count(verb, accepted: false)
        if let end = countError() { return end }
        guard reply.code == 421 || reply.code == 521 else { return .reply(reply) }
        state = .closed
        return .replyAndClose(reply)
    }

    /// Counts an error; the action that ends the session when it was one too many.
    mutating func countError() -> Action? {
        errors += 1
        guard errors >= limits.hardErrors else { return nil }
        state = .closed
        return .replyAndClose(.tooManyErrors(at: limits.hostname))
    }

    private mutating func unknown(_ argument: Substring) -> Action {
        refuse(.unknownCommand, for: .unknown)
    }
}
