// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// Reads a server's greeting (RFC 5321 section 4.2, `Greeting`) up to the line that tells whether it will serve, before
/// the client hears of it.
package struct GreetingMachine: Sendable {
    /// Why a server is passed over.
    package enum Failure: Sendable, Equatable {
        /// It greeted with 4xx or 5xx; the text is printable and short.
        case refused(code: Int, text: String)
        /// It closed the connection first.
        case closed
        /// `timeout greeting`
        case silent
        /// Its first words are no reply.
        case notSMTP(text: String)
    }

    /// What `RouteHandler` does after an event.
    package enum Action: Sendable, Equatable {
        /// The first line is not whole yet.
        case wait
        /// It serves: these are the bytes for the client. What follows needs no reading; a greeting of several lines that
        /// has begun well is the server's to finish.
        case pass(ByteBuffer)
        /// The session goes to another server, or is turned away.
        case fail(Failure)
        /// It is decided already.
        case none
    }

    /// Bytes that the first line may have; RFC 5321 allows 512.
    package static let longestLine = 2_048

    private enum State: Sendable, Equatable { case reading(ByteBuffer), decided }
    private var state = State.reading(ByteBuffer())

    package init() {}

    /// Bytes of the server came. Keeps them until the first line is whole, `longestLine` at most.
    package mutating func received(_ bytes: ByteBuffer) -> Action {
        guard case .reading(var buffer) = state else { return .none }
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
        let view = buffer.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes < GreetingMachine.longestLine else {
                return fail(.notSMTP(text: GreetingMachine.text(view.prefix(64))))
            }
            state = .reading(buffer)
            return .wait
        }
        let line = view[view.startIndex..<end]
        guard let code = GreetingMachine.code(of: line) else { return fail(.notSMTP(text: GreetingMachine.text(line))) }
        switch code {
        case 200..<300:
            state = .decided
            return .pass(buffer)
        case 400..<600:
            return fail(.refused(code: code, text: GreetingMachine.text(line.dropFirst(4))))
        default:
            return fail(.notSMTP(text: GreetingMachine.text(line)))
        }
    }

    /// The server closed its direction, or the connection broke.
    package mutating func closed() -> Action {
        decided ? .none : fail(.closed)
    }

    /// `timeout greeting` is over.
    package mutating func timedOut() -> Action {
        decided ? .none : fail(.silent)
    }

    private var decided: Bool { state == .decided }

    private mutating func fail(_ failure: Failure) -> Action {
        state = .decided
        return .fail(failure)
    }

    /// The reply code that a line begins with: three digits, then a space, a hyphen or nothing (RFC 5321 section 4.2).
    private static func code(of line: some Collection<UInt8>) -> Int? {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        if let next = line.dropFirst(3).first, ![0x20, 0x2D, 0x0D].contains(next) { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// What a server said, for people: printable and short.
    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.prefix(200).filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
    }
}

extension GreetingMachine.Failure {
    /// The end of a sentence that begins with the server.
    package var description: String {
        switch self {
        case .refused(let code, let text): "greets with \(code)\(text.isEmpty ? "" : " \(text)")"
        case .closed: "closes the connection instead of a greeting"
        case .silent: "does not greet in time"
        case .notSMTP(let text): "greets with something else than SMTP\(text.isEmpty ? "" : ": \(text)")"
        }
    }

    /// The same for the client, who learns nothing of the server's words.
    package var reason: String {
        switch self {
        case .refused(let code, _): "server greets with \(code)"
        case .closed: "server closes the connection"
        case .silent: "server does not greet"
        case .notSMTP: "server does not speak SMTP"
        }
    }

    /// What makes one failure the same as the next, whatever the words.
    package var kind: String { reason }
}
