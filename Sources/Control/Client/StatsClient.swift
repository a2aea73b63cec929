// SPDX-License-Identifier: Apache-2.0

/// Gives commands to a running relaybox and prints what it says: the common half of `relaybox stats` and `relaybox queue`.
package struct StatsClient: Sendable {
    /// Where the appliance listens: a path, or HOST:PORT.
    package let socket: String
    /// Where lines and complaints go.
    package let console: ClientConsole

    /// Connects to nothing before `run`.
    package init(socket: String, console: ClientConsole) {
        self.socket = socket
        self.console = console
    }

    /// Sends one line a command; calls `print` with every line that is no error. Errors go to the console.
    ///
    /// - Parameter limit: bytes of all answers at most, where they are collected.
    /// - Returns: an exit code: 0 when every command was done, 1 when one was refused or nobody answered, 2 for an
    ///   address that is none.
    package func run(_ commands: [String], limit: Int = .max, print: ([UInt8]) -> Void) async -> Int32 {
        guard let address = StatsAddress(socket) else {
            console.complain("'\(PlainText.line(socket))' is no stats socket: give a path, or host:port.")
            return ExitCode.usage
        }
        let batch = (["set severity-output number"] + commands).map { $0 + "\n" }.joined()
        var lines = AnswerLines()
        var code = ExitCode.fine
        func show(_ line: AnswerLines.Line) {
            if line.isError {
                code = ExitCode.failed
                if !line.text.isEmpty { console.complain(line.text) }
            } else {
                print(line.bytes)
            }
        }
        do {
            var taken = 0
            try await StatsDialer.ask(address, batch) { piece in
                taken += piece.readableBytes
                if taken > limit { throw DialError.other(address, "the answer is longer than \(limit) bytes") }
                lines.take(piece).forEach(show)
            }
            lines.finish().forEach(show)
        } catch let error as DialError {
            console.complain(error.description)
            return ExitCode.failed
        } catch {
            console.complain(DialError.other(address, "\(error)").description)
            return ExitCode.failed
        }
        if lines.isOverlong {
            console.complain("\(address) sent a line longer than \(AnswerLines.maximumLineLength) bytes.")
            return ExitCode.failed
        }
        // why: what is cut off looks like a shorter answer. `quit` gets none.
        let isWhole = lines.answers > commands.count || commands.contains { $0.contains("quit") }
        if code == ExitCode.fine, !isWhole {
            console.complain(
                "\(address) closed the connection before its answer was whole: relaybox has been stopped, or something else"
                    + " listens there. See its log."
            )
            return ExitCode.failed
        }
        return code
    }

    /// Prints a line to standard output: a terminal gets no control characters, anything else what came.
    func output(_ line: [UInt8]) {
        guard console.isTerminal else { return console.write(line + [UInt8(ascii: "\n")]) }
        let safe = String(decoding: line, as: UTF8.self).unicodeScalars.map { scalar in
            let isControl = (scalar.value < 0x20 && scalar != "\t") || (0x7F...0x9F).contains(scalar.value)
            return isControl ? "?" : Character(scalar)
        }
        console.output(String(safe) + "\n")
    }
}
