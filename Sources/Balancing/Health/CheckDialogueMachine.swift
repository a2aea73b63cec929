// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer
import SMTP

/// What a check's dialogue came to.
package struct CheckVerdict: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        /// The connection stands, and nothing more was asked for.
        case connected
        case passed
        /// The answer is none, or not the one that was expected.
        case invalid
        /// A reply with a code that is not 2yz.
        case wrongStatus
        case timedOut
        /// The connection stands and is encrypted, and nothing more was asked for.
        case encrypted
        case handshakeFailed
        case handshakeTimedOut
        /// The connection broke.
        case broken
    }

    package var status: Status
    /// The reply's code; 0 where there is none.
    package var code = 0
    /// The reply's text, or where it failed.
    package var info = ""
    package var diagnosis: CheckDiagnosis?
    /// Whether the server should read a QUIT before the connection ends.
    package var owesQuit = false

    package init(
        status: Status,
        code: Int = 0,
        info: String = "",
        diagnosis: CheckDiagnosis? = nil,
        owesQuit: Bool = false
    ) {
        self.status = status
        self.code = code
        self.info = info
        self.diagnosis = diagnosis
        self.owesQuit = owesQuit
    }
}

/// What a check says to a server and what it makes of the answers.
///
/// SMTP replies may have several lines and come in pieces, greetings too. QUIT is sent and answered before a check has
/// passed, so that no server has to log a lost connection. Steps are counted and failures worded as by HAProxy 2.6.
package struct CheckDialogueMachine: Sendable {
    package enum Action: Sendable, Equatable {
        case wait
        /// Open a connection, instead of the one that stands if one does; then `connected`.
        case connect(port: Int?, sendsProxy: Bool)
        /// Write; then `sent`.
        case send([UInt8])
        /// Begin to encrypt; then `encrypted` or `handshakeFailed`.
        case startTLS
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
    private let steps: [CheckStep]
    var phase: Phase
    var replies = ReplyDecoder(limit: CheckDialogueMachine.maximumAnswer)
    private var lastReply: Reply?
    private var answer: [UInt8] = []
    /// The step in hand.
    private var index = 0
    /// The comment right in front of the step.
    private var comment: String?
    private var sentHeader = false
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

// SMTP.
extension CheckDialogueMachine {
    private mutating func takeReply() -> Action {
        let reply: Reply
        do throws(ReplyDecoder.Failure) {
            guard let next = try replies.next() else { return .wait }
            reply = next
        } catch {
            switch error {
            case .malformed(let line):
                var verdict = CheckVerdict(status: .invalid, info: line)
                verdict.owesQuit = true
                return finish(verdict)
            case .tooLong: return finish(CheckVerdict(status: .invalid, info: "answer without end\(place)"))
            }
        }
        guard reply.isPositive else {
            var verdict = CheckVerdict(status: .wrongStatus, code: reply.code, info: text(of: reply))
            verdict.diagnosis = CheckDiagnosis.of(reply.summary, sentHeader: sentHeader)
            verdict.owesQuit = phase != .quit && reply.code != 421
            return finish(verdict)
        }
        lastReply = reply
        switch (phase, method) {
        case (.greeting, .smtp(let hello)):
            phase = .hello
            return .send(Array("\(hello)\r\n".utf8))
        case (.hello, _) where startsTLS: return wantTLS(reply)
        case (.startTLS, _): return beginHandshake()
        case (.hello, _), (.encryptedHello, _):
            phase = .quit
            return .send(CheckDialogueMachine.quit)
        case (.quit, _): return finish(CheckVerdict(status: .passed, code: reply.code, info: text(of: reply)))
        case (.greeting, _), (.handshake, _), (.steps, _), (.over, _): return .none
        }
    }

    static let quit = Array("QUIT\r\n".utf8)

    private func text(of reply: Reply?) -> String {
        String((reply?.summary.dropFirst(4) ?? "").prefix(200))
    }

    /// ` at step 1 of smtpchk (greeting)`, ` at step 2 of tcp-check (expect string '220')`
    var place: String {
        switch phase {
        case .greeting: " at step 1 of smtpchk (greeting)"
        case .hello: " at step 2 of smtpchk (hello)"
        case .startTLS, .handshake: " at step 3 of smtpchk (starttls)"
        case .encryptedHello: " at step 4 of smtpchk (hello)"
        case .quit: " at step \(startsTLS ? 5 : 3) of smtpchk (quit)"
        case .over: ""
        case .steps: stepPlace
        }
    }
}

// tcp-check.
extension CheckDialogueMachine {
    private mutating func next() {
        comment = nil
        index += 1
    }

    private mutating func skipComments() {
        while index < steps.count, case .comment(let text) = steps[index] {
            comment = text
            index += 1
        }
    }

    private mutating func advance(afterConnect: Bool) -> Action {
        skipComments()
        guard index < steps.count else {
            return finish(
                afterConnect
                    ? CheckVerdict(status: .connected) : CheckVerdict(status: .passed, info: "(tcp-check)")
            )
        }
        switch steps[index] {
        case .connect(let port, let sendsProxy):
            answer = []
            return .connect(port: port, sendsProxy: sendsProxy)
        case .send(let bytes):
            answer = []
            return .send(bytes)
        case .expect, .comment: return compare(isComplete: false)
        }
    }

    /// Looks whether the answer so far decides the step.
    private mutating func compare(isComplete: Bool) -> Action {
        guard index < steps.count, case .expect(let pattern) = steps[index] else {
            return isComplete ? finish(CheckVerdict(status: .invalid, info: "connection closed\(place)")) : .wait
        }
        let isFound = pattern.isFound(in: answer)
        guard isFound || isComplete || (pattern.isNegated && !answer.isEmpty) else { return .wait }
        guard isFound != pattern.isNegated, !(answer.isEmpty && isComplete) else {
            var verdict = CheckVerdict(status: .invalid, info: mismatch(pattern))
            verdict.diagnosis = CheckDiagnosis.of(String(decoding: answer, as: UTF8.self), sentHeader: sentHeader)
            return finish(verdict)
        }
        next()
        return advance(afterConnect: false)
    }

    private func mismatch(_ pattern: CheckPattern) -> String {
        guard !answer.isEmpty else { return "TCPCHK got an empty response at step \(number)\(commentText)" }
        let outcome = pattern.isNegated ? "TCPCHK matched unwanted content" : "TCPCHK did not match content"
        let quoted = pattern.kind == .expression ? "(regex)" : "'\(printable(pattern))'"
        return "\(outcome) \(quoted) at step \(number)\(commentText)"
    }

    /// HAProxy counts all lines, comments too, from 1.
    private var number: Int { index + 1 }

    private var commentText: String { comment.map { " comment: '\($0)'" } ?? "" }

    private var stepPlace: String {
        guard index < steps.count, method == .steps else { return "" }
        let what: String
        switch steps[index] {
        case .connect(let port, _): what = port.map { "connect port \($0)" } ?? "connect"
        case .send: what = "send"
        case .comment: what = "comment"
        case .expect(let pattern):
            what = pattern.kind == .expression ? "expect regex" : "expect \(pattern.kind) '\(printable(pattern))'"
        }
        return " at step \(number) of tcp-check (\(what))\(commentText)"
    }

    private func printable(_ pattern: CheckPattern) -> String {
        guard pattern.kind != .binary else {
            return pattern.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        return String(pattern.text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
