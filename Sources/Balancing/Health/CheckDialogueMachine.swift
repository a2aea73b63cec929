// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
import Expressions
import SMTP

/// What a check says to a server and what it makes of the answers.
///
/// SMTP replies may have several lines and come in pieces, greetings too. QUIT is sent and answered before a check has
/// passed, so that no server has to log a lost connection. Steps are counted and failures worded as by HAProxy 2.6.
package struct CheckDialogueMachine: Sendable {
    /// What `CheckDialogueHandler` does after an event.
    package enum Action: Sendable, Equatable {
        /// Go on reading.
        case wait
        /// Open a connection, instead of the one that stands if one does; then `connected`.
        case connect(port: Int?, sendsProxy: Bool)
        /// Write; then `sent`.
        case send([UInt8])
        /// Begin to encrypt; then `encrypted` or `handshakeFailed`.
        case startTLS
        /// The check is over; QUIT goes out first where the verdict owes it.
        case finish(CheckVerdict)
        /// It is over already.
        case none
    }

    /// Bytes of an answer that are kept; more than that is no answer (HAProxy: tune.bufsize).
    package static let maximumAnswer = 16_384

    enum Phase: Sendable {
        case greeting, hello, startTLS, handshake, encryptedHello, quit, steps, over
    }

    let method: CheckMethod
    /// Whether STARTTLS stands between hello and QUIT.
    let startsTLS: Bool
    let steps: [CheckStep]
    var phase: Phase
    var replies = ReplyDecoder(limit: CheckDialogueMachine.maximumAnswer)
    var lastReply: Reply?
    var answer: [UInt8] = []
    /// The search for the regular expression of the step in hand, and how much of the answer it has seen.
    var search: ByteExpression.Search?
    var searched = 0
    /// The step in hand.
    var index = 0
    /// The comment right in front of the step.
    var comment: String?
    var sentHeader = false
    private var hasReceived = false

    /// - Parameter steps: what `CheckMethod.steps` does.
    package init(_ method: CheckMethod, steps: [CheckStep] = [], startsTLS: Bool = false) {
        self.method = method
        self.startsTLS = startsTLS
        self.steps = steps
        switch method {
        case .connect, .steps: phase = .steps
        case .smtp: phase = .greeting
        }
    }

    /// Whether the server has begun a reply and not finished it.
    package var isAnswering: Bool { hasReceived && !replies.isEmpty }

    /// The connection to begin with; nil: the server's own.
    package mutating func start() -> Action {
        guard method == .steps else { return .connect(port: nil, sendsProxy: false) }
        skipComments()
        guard index < steps.count, case .connect(let port, let sendsProxy) = steps[index] else {
            return .connect(port: nil, sendsProxy: false)
        }
        return .connect(port: port, sendsProxy: sendsProxy)
    }

    /// A connection stands.
    package mutating func connected(sentHeader: Bool) -> Action {
        self.sentHeader = sentHeader
        switch phase {
        case .greeting, .hello, .startTLS, .handshake, .encryptedHello, .quit: return .wait
        case .over: return .none
        case .steps:
            guard method == .steps else { return finish(CheckVerdict(status: .connected)) }
            if index < steps.count, case .connect = steps[index] { next() }
            return advance(afterConnect: true)
        }
    }

    /// What `send` asked for is on its way.
    package mutating func sent() -> Action {
        switch phase {
        case .over: return .none
        // A server that took the header for a command has said more than one reply by now.
        case .greeting, .hello, .startTLS, .encryptedHello, .quit: return takeReply()
        case .handshake: return .wait
        case .steps:
            next()
            return advance(afterConnect: false)
        }
    }

    /// Bytes came.
    package mutating func received(_ bytes: ByteBuffer) -> Action {
        hasReceived = hasReceived || bytes.readableBytes > 0
        switch phase {
        case .over, .handshake: return .none
        case .greeting, .hello, .startTLS, .encryptedHello, .quit:
            replies.received(bytes)
            return takeReply()
        case .steps:
            let room = CheckDialogueMachine.maximumAnswer - answer.count
            answer += bytes.readableBytesView.prefix(max(0, room))
            return compare(isComplete: bytes.readableBytes > room)
        }
    }

    /// The server closed the connection, or its half of it.
    package mutating func closed() -> Action {
        switch phase {
        case .over: return .none
        case .greeting, .hello, .startTLS, .encryptedHello:
            return finish(CheckVerdict(status: .invalid, info: "connection closed\(place)"))
        case .handshake: return handshakeFailed("the connection was lost")
        case .quit:
            // It was well until it was told that this is all.
            return finish(CheckVerdict(status: .passed, code: lastReply?.code ?? 0, info: text(of: lastReply)))
        case .steps:
            return compare(isComplete: true)
        }
    }

    /// The connection broke.
    package mutating func failed(_ reason: String) -> Action {
        if phase == .quit { return closed() }
        return phase == .over ? .none : finish(CheckVerdict(status: .broken, info: "\(reason)\(place)"))
    }

    /// The time for the check is over.
    package mutating func timedOut() -> Action {
        guard phase != .over else { return .none }
        if phase == .handshake { return finish(CheckVerdict(status: .handshakeTimedOut, info: place)) }
        var verdict = CheckVerdict(status: .timedOut, info: place)
        if phase == .greeting, !hasReceived, !sentHeader { verdict.diagnosis = .silence }
        // Before the greeting QUIT would be talking out of turn.
        verdict.owesQuit = phase == .hello || phase == .encryptedHello
        return finish(verdict)
    }

    mutating func finish(_ verdict: CheckVerdict) -> Action {
        phase = .over
        return .finish(verdict)
    }
}
