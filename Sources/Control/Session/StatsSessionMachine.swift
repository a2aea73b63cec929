// SPDX-License-Identifier: Apache-2.0

package import struct NIOCore.ByteBuffer

/// What a command changes about the session it was given in.
package enum SessionChange: Sendable, Equatable {
    /// `prompt`: from one batch of commands to a dialogue, or back.
    case togglePrompt
    /// `quit`: the session ends without an answer.
    case quit
    /// `operator`, `user`: never upwards.
    case lower(AccessLevel)
    /// `set timeout cli`, milliseconds.
    case timeout(Int)
    /// `set severity-output`.
    case severity(SeverityShape)
}

/// How error answers are marked (`set severity-output`).
package enum SeverityShape: String, Sendable, Equatable, CaseIterable {
    case none, number, string
}

/// One client's dialogue on the stats socket: which command is next, how its answer ends, and when the session is over.
///
/// Framing is HAProxy 2.6's: a client sends lines, `;` separates commands, every answer ends with an empty line. Without
/// `prompt` the session ends when everything received is answered; a line without a newline gets no answer.
package struct StatsSessionMachine {
    /// What the handler does next.
    package enum Step: Sendable, Equatable {
        /// Nothing to do until more bytes come.
        case wait
        /// Run this command; call `finished` when its answer is written.
        case execute([String])
        /// The client broke a limit: say so, then close.
        case refuse(String)
        case close
    }

    private enum State { case idle, executing, closed }

    /// What the client may do.
    package private(set) var level: AccessLevel
    /// Milliseconds the client may be silent.
    package private(set) var timeout: Int
    /// `set severity-output`: how errors are marked.
    package private(set) var severity = SeverityShape.none
    /// `prompt`: the session goes on after its answers, with `> ` in front of the next command.
    package private(set) var isInteractive = false
    /// The client has closed its direction: what came before is still answered.
    package private(set) var isInputClosed = false
    private let maximumLineLength: Int
    private var state = State.idle
    private var pending = ByteBuffer()
    /// Commands of the current line that are not answered yet, last one first.
    private var commands: [String] = []
    private var hasAnswered = false

    /// `timeout` in milliseconds, `maximumLineLength` in bytes of a line with all its commands.
    package init(level: AccessLevel, timeout: Int, maximumLineLength: Int) {
        self.level = level
        self.timeout = timeout
        self.maximumLineLength = maximumLineLength
    }

    /// Whether more bytes may be read: the buffer holds at most two lines' limit.
    package var wantsInput: Bool {
        switch state {
        case .closed: false
        case .idle, .executing: !isInputClosed && pending.readableBytes <= maximumLineLength
        }
    }

    /// The client sent bytes.
    package mutating func received(_ bytes: ByteBuffer) {
        switch state {
        case .closed: break
        case .idle, .executing:
            pending.discardReadBytes()
            pending.writeImmutableBuffer(bytes)
        }
    }

    /// The client will send no more.
    package mutating func inputClosed() {
        isInputClosed = true
    }

    /// The connection is gone.
    package mutating func disconnected() {
        state = .closed
        commands = []
        pending.clear()
    }

    /// What is to be done now; a command is handed out once, and none while another one runs.
    package mutating func next() -> Step {
        switch state {
        case .closed: return .close
        case .executing: return .wait
        case .idle: break
        }
        if commands.isEmpty {
            guard let line = nextLine() else { return lineMissing() }
            commands = CommandWords.commands(in: line).reversed()
        }
        guard let command = commands.popLast() else { return .wait }
        state = .executing
        return .execute(CommandWords.words(in: command))
    }

    private mutating func nextLine() -> String? {
        let view = pending.readableBytesView
        guard let newline = view.prefix(maximumLineLength + 1).firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        var bytes = view[view.startIndex..<newline]
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        // A NUL ends the line, as it does in the original.
        let line = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        pending.moveReaderIndex(forwardBy: newline - view.startIndex + 1)
        return line
    }

    private mutating func lineMissing() -> Step {
        if pending.readableBytes > maximumLineLength {
            state = .closed
            return .refuse("Command line longer than \(maximumLineLength) bytes.\n")
        }
        let isOver = isInputClosed || (hasAnswered && !isInteractive && pending.readableBytes == 0)
        guard isOver else { return .wait }
        state = .closed
        return .close
    }

    /// The command that was handed out is answered, and may have changed the session; returns what ends the answer.
    package mutating func finished(_ change: SessionChange? = nil) -> String {
        switch state {
        case .closed, .idle: return ""
        case .executing: state = .idle
        }
        hasAnswered = true
        switch change {
        case .togglePrompt: isInteractive.toggle()
        case .lower(let level): self.level = min(self.level, level)
        case .timeout(let milliseconds): timeout = milliseconds
        case .severity(let shape): severity = shape
        case .quit:
            disconnected()
            return ""
        case nil: break
        }
        return isInteractive ? "\n> " : "\n"
    }
}
