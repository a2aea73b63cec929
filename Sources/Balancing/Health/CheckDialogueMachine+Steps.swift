// SPDX-License-Identifier: Apache-2.0

import Expressions

/// The `tcp-check` lines of a check: one after the other, each on the answer so far.
extension CheckDialogueMachine {
    mutating func next() {
        comment = nil
        search = nil
        index += 1
    }

    mutating func skipComments() {
        while index < steps.count, case .comment(let text) = steps[index] {
            comment = text
            index += 1
        }
    }

    mutating func advance(afterConnect: Bool) -> Action {
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
    mutating func compare(isComplete: Bool) -> Action {
        guard index < steps.count, case .expect(let pattern) = steps[index] else {
            return isComplete ? finish(CheckVerdict(status: .invalid, info: "connection closed\(place)")) : .wait
        }
        let isFound = isFound(pattern)
        guard isFound || isComplete || (pattern.isNegated && !answer.isEmpty) else { return .wait }
        guard isFound != pattern.isNegated, !(answer.isEmpty && isComplete) else {
            var verdict = CheckVerdict(status: .invalid, info: mismatch(pattern))
            verdict.diagnosis = CheckDiagnosis.of(String(decoding: answer, as: UTF8.self), sentHeader: sentHeader)
            return finish(verdict)
        }
        next()
        return advance(afterConnect: false)
    }

    /// Whether the answer so far has it. An expression looks at what is new, so that an answer in small pieces costs no more than a whole one.
    private mutating func isFound(_ pattern: CheckPattern) -> Bool {
        guard pattern.kind == .expression else { return pattern.isFound(in: answer) }
        if search == nil {
            search = pattern.expression.map(ByteExpression.Search.init)
            searched = 0
        }
        defer { searched = answer.count }
        return search?.isFound(adding: answer[searched...]) == true
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

    var stepPlace: String {
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
