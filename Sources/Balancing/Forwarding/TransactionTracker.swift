// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Keeps count of what a forwarded client has asked and its server has not answered, so that a session that is asked to end
/// can wait until nothing is under way (RFC 5321 section 3.3, RFC 2920, RFC 3030, RFC 3207).
///
/// It reads commands and replies, not messages: of content it keeps the last bytes, which tell after the server's answer
/// whether commands came behind the final dot.
package struct TransactionTracker: Sendable, Equatable {
    /// Bytes at the end of content that are kept: the final dot, and the commands behind it that did not wait for an answer.
    package static let window = 1_024

    private enum Stage: Sendable, Equatable {
        case commands
        /// The server has said 354.
        case content
        /// So many bytes of a BDAT chunk are still to come.
        case chunk(Int)
        /// TLS, or something else than SMTP, to the end of the session.
        case unreadable
    }

    private var stage = Stage.commands
    private var command = LineHead(limit: 40)
    private var reply = LineHead(limit: 4)
    /// Commands without an answer; a message is one.
    private var unanswered = 0
    /// The count is wrong until the next 354: the end of a message was not found.
    private var isLost = false
    private var hasGreeted = false
    private var lastCode = 0
    /// A chunk was not the last one of its message.
    private var isChunking = false
    private var asksForTLS = false
    private var tail = ByteBuffer()

    package init() {}

    /// Whether the bytes are a handshake's by now, or soon may be: the server agreed to STARTTLS, or the client did not wait for
    /// its answer.
    package var hasBegunTLS: Bool { stage == .unreadable && asksForTLS }

    /// Whether the bytes can be read at all.
    package var isReadable: Bool { stage != .unreadable }

    /// Whether the server has answered everything and no message is on its way: the session may end here.
    package var isAtBoundary: Bool {
        stage == .commands && hasGreeted && !isLost && !isChunking && unanswered == 0
            && command.isEmpty && reply.isEmpty && !(300..<400).contains(lastCode)
    }

    /// The client sent these bytes.
    package mutating func clientSent(_ bytes: ByteBuffer) {
        switch stage {
        case .commands, .chunk: readCommands(bytes.readableBytesView)
        case .content: keep(bytes)
        case .unreadable: break
        }
    }

    /// The server sent these bytes.
    package mutating func serverSent(_ bytes: ByteBuffer) {
        var rest = bytes.readableBytesView
        while stage != .unreadable, let first = rest.first {
            if reply.isEmpty, !(UInt8(ascii: "2")...UInt8(ascii: "5")).contains(first) { return giveUp() }
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return reply.append(rest) }
            reply.append(rest[..<end])
            rest = rest[(end + 1)...]
            replyEnded()
        }
    }

    // MARK: The client

    private mutating func readCommands(_ bytes: ByteBufferView) {
        var rest = bytes
        while stage != .unreadable, !rest.isEmpty {
            // Nothing in clear text may follow STARTTLS before its answer.
            if asksForTLS { return giveUp() }
            if case .chunk(let left) = stage {
                stage = left > rest.count ? .chunk(left - rest.count) : .commands
                rest = rest.dropFirst(left)
                continue
            }
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return command.append(rest) }
            command.append(rest[..<end])
            rest = rest[(end + 1)...]
            commandEnded()
        }
    }

    private mutating func commandEnded() {
        let words = command.text.uppercased().split(whereSeparator: \.isWhitespace)
        command.clear()
        unanswered += 1
        isChunking = false
        // What answers a 334 is no command.
        guard !(300..<400).contains(lastCode), let verb = words.first else { return }
        if verb == "BDAT", words.count > 1 {
            guard let size = Int(words[1]), size >= 0 else { return giveUp() }
            isChunking = words.count < 3 || words[2] != "LAST"
            if size > 0 { stage = .chunk(size) }
        } else if verb == "STARTTLS", words.count == 1 {
            asksForTLS = true
        }
    }

    private mutating func keep(_ bytes: ByteBuffer) {
        if bytes.readableBytes >= TransactionTracker.window {
            tail.clear()
            tail.writeBytes(bytes.readableBytesView.suffix(TransactionTracker.window))
        } else {
            tail.writeImmutableBuffer(bytes)
            guard tail.readableBytes > 2 * TransactionTracker.window else { return }
            tail.moveReaderIndex(to: tail.writerIndex - TransactionTracker.window)
            tail.discardReadBytes()
        }
    }

    // MARK: The server

    private mutating func replyEnded() {
        let line = reply.bytes
        reply.clear()
        guard line.count >= 3, line.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }) else { return giveUp() }
        switch line.dropFirst(3).first {
        case UInt8(ascii: "-"): break
        case nil, 0x20, 0x0D: answered(line.prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) })
        default: giveUp()
        }
    }

    private mutating func answered(_ code: Int) {
        lastCode = code
        guard hasGreeted else {
            hasGreeted = true
            return
        }
        if stage == .content { leaveContent() }
        unanswered = max(0, unanswered - 1)
        if asksForTLS, unanswered == 0 {
            if code == 220 { return giveUp() }
            asksForTLS = false
        }
        if code == 354 { enterContent() }
    }

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]
    private static let contentEnd: [UInt8] = [0x0D, 0x0A, 0x2E, 0x0D, 0x0A]

    /// Whatever was counted before: DATA is the last command of those that do not wait (RFC 2920 section 3.1).
    private mutating func enterContent() {
        stage = .content
        unanswered = 1
        isLost = false
        tail.clear()
        tail.writeBytes(TransactionTracker.lineEnd)
    }

    private mutating func leaveContent() {
        stage = .commands
        // The first end is the message's; a chunk behind it may end in the same way.
        var rest = tail.readableBytesView.suffix(TransactionTracker.window)
        while let start = rest.firstIndex(of: 0x0D) {
            rest = rest[start...]
            if rest.starts(with: TransactionTracker.contentEnd) {
                return readCommands(rest.dropFirst(TransactionTracker.contentEnd.count))
            }
            rest = rest.dropFirst()
        }
        isLost = true
    }

    private mutating func giveUp() {
        stage = .unreadable
        tail = ByteBuffer()
    }
}

/// The first bytes of a line that comes in pieces.
private struct LineHead: Sendable, Equatable {
    let limit: Int
    private(set) var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { bytes.isEmpty }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func append(_ more: ByteBufferView) {
        if bytes.count < limit { bytes += more.prefix(limit - bytes.count) }
    }

    mutating func clear() { bytes.removeAll(keepingCapacity: true) }
}
