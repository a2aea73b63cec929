// SPDX-License-Identifier: Apache-2.0

import SMTP

/// The SMTP dialogue of a check: the greeting, a hello, QUIT, and what the server says to them.
extension CheckDialogueMachine {
    mutating func takeReply() -> Action {
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

    func text(of reply: Reply?) -> String {
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
