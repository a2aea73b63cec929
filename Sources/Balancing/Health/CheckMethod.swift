// SPDX-License-Identifier: Apache-2.0

import Expressions

/// What a check of a server does (HAProxy configuration manual 4.2: `option smtpchk`, `option tcp-check`).
package enum CheckMethod: Sendable, Equatable {
    /// A connection that stands is enough.
    case connect
    /// Greeting, this command (`HELO localhost`), QUIT.
    case smtp(hello: String)
    /// The backend's `tcp-check` lines in their order.
    case steps
}

/// One `tcp-check` line.
package enum CheckStep: Sendable, Equatable {
    /// Opens a connection, a new one where one stands; a nil port is the server's.
    case connect(port: Int?, sendsProxy: Bool)
    /// Sends these bytes and forgets the answer so far.
    case send([UInt8])
    /// Waits until the answer decides it, `CheckDialogueMachine.maximumAnswer` bytes at most.
    case expect(CheckPattern)
    /// Is said where the line that follows fails.
    case comment(String)
}

/// What an answer must contain, or, negated, must not.
package struct CheckPattern: Sendable, Equatable {
    /// How `bytes` are compared with the answer.
    package enum Kind: String, Sendable, Equatable {
        /// The bytes of a text.
        case string
        /// Bytes that the file has in hexadecimal digits.
        case binary
        /// A regular expression over bytes.
        case expression
    }

    /// `string`, `binary` or `rstring` of `tcp-check expect`.
    package var kind: Kind
    /// The bytes, or the expression as it was written.
    package var bytes: [UInt8]
    /// `!` before the word: the answer must not have it.
    package var isNegated: Bool

    /// - Returns: nil for an expression that is none, or that `ByteExpression` does not understand.
    package init?(_ kind: Kind, _ bytes: [UInt8], isNegated: Bool = false) {
        self.kind = kind
        self.bytes = bytes
        self.isNegated = isNegated
        if kind == .expression, expression == nil { return nil }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether `input` has it; the sign is not looked at.
    func isFound(in input: [UInt8]) -> Bool {
        switch kind {
        case .string, .binary:
            guard let first = bytes.first else { return true }
            guard input.count >= bytes.count else { return false }
            return (0...(input.count - bytes.count)).contains { start in
                input[start] == first && input[start..<(start + bytes.count)].elementsEqual(bytes)
            }
        case .expression:
            return expression?.isFound(in: input) == true
        }
    }

    /// Its regular expression, if it is one.
    var expression: ByteExpression? { kind == .expression ? ByteExpression(bytes) : nil }
}
