// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Tells from the first replies that pass by whether server and balancer agree about the PROXY header.
///
/// A server that does not know the header takes it for a command: it greets, and then answers something that nobody has
/// asked. One that misses it says 421 instead of a greeting. Servers that do not begin with SMTP are not watched further.
package struct HeaderWatch: Sendable, Equatable {
    /// What a reply tells; a notice or a warning is logged once for each change.
    package enum Verdict: Sendable, Equatable {
        /// One side is wrong about the header; the log says which.
        case mismatch(CheckDiagnosis)
        /// The first answer to the client is fine.
        case fine
    }

    private enum Stage: Sendable, Equatable { case greeting, firstReply, done }

    /// Bytes of a piece that are looked at.
    private static let window = 1_024

    private let sentHeader: Bool
    private var stage = Stage.greeting
    /// What the client began with; empty: it has not spoken yet.
    private var verb = ""

    /// Begins with the connection. `sentHeader`: whether a PROXY header was its first bytes.
    package init(sentHeader: Bool) {
        self.sentHeader = sentHeader
    }

    /// Nothing more can be learned; `RouteHandler` lets it go then.
    package var isDone: Bool { stage == .done }

    /// The client sent these bytes.
    package mutating func clientSent(_ bytes: ByteBuffer) {
        guard stage != .done, sentHeader, verb.isEmpty else { return }
        verb = HeaderWatch.text(bytes, 4).uppercased()
    }

    /// The server sent these bytes.
    package mutating func serverSent(_ bytes: ByteBuffer) -> Verdict? {
        switch stage {
        case .done: return nil
        case .greeting:
            // The usual case costs three bytes.
            guard !sentHeader, bytes.readableBytesView.prefix(3).elementsEqual("220".utf8) else {
                return greeting(HeaderWatch.text(bytes, HeaderWatch.window))
            }
            stage = .done
            return .fine
        case .firstReply: return firstReply(HeaderWatch.text(bytes, HeaderWatch.window))
        }
    }

    private mutating func greeting(_ text: String) -> Verdict? {
        guard text.hasPrefix("220") else {
            stage = .done
            return CheckDiagnosis.of(text, sentHeader: sentHeader).map { .mismatch($0) }
        }
        // Whatever stands behind the greeting's last line, nobody has asked for it.
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let last = lines.firstIndex(where: { !$0.hasPrefix("220-") }) else { return nil }
        stage = .firstReply
        let rest = lines[lines.index(after: last)...]
        return rest.isEmpty || !lines[last].hasPrefix("220") ? nil : firstReply(rest.joined(separator: "\r\n"))
    }

    private mutating func firstReply(_ text: String) -> Verdict? {
        stage = .done
        if text.hasPrefix("2") { return .fine }
        guard let diagnosis = CheckDiagnosis.of(text, sentHeader: true) else { return nil }
        // A client that said hello did nothing to deserve 500 or 502; what others get may be for themselves.
        let isUndeserved = verb.isEmpty || (["EHLO", "HELO"].contains(verb) && !text.hasPrefix("501"))
        return isUndeserved ? .mismatch(diagnosis) : nil
    }

    private static func text(_ bytes: ByteBuffer, _ length: Int) -> String {
        String(decoding: bytes.readableBytesView.prefix(length), as: UTF8.self)
    }
}
