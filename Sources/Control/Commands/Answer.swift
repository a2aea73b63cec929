// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// What a command says. Texts end with a newline and hold no empty line: that one ends an answer.
package enum Answer: Sendable {
    /// Done, nothing to say.
    case silent
    /// The whole answer.
    case text(String)
    /// It could not be done; the text says why.
    case failure(String)
    /// The session changes.
    case change(SessionChange)
    /// A long answer, a bounded part at a time.
    case page(AnswerPage)
}

/// A part of a long answer, and how the next one is made once this one is on its way.
package struct AnswerPage: Sendable {
    /// What goes to the client now.
    package var bytes: ByteBuffer
    /// Makes the next part; may block. Nil: this was the last one.
    package var next: (@Sendable () -> AnswerPage)?
    /// Why the answer ends here although it is not whole; with a newline. Goes out behind `bytes`, marked as a failure is.
    package var failure: String?

    /// One part as bytes: lines, without the empty one behind the last.
    package init(_ bytes: ByteBuffer, failure: String? = nil, next: (@Sendable () -> AnswerPage)? = nil) {
        self.bytes = bytes
        self.failure = failure
        self.next = next
    }

    /// One part as text.
    package init(_ text: String, failure: String? = nil, next: (@Sendable () -> AnswerPage)? = nil) {
        self.init(ByteBuffer(string: text), failure: failure, next: next)
    }
}
