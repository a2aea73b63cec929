// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Statistics

/// Runs commands for sessions, off their event loop, and leaves a line in the log for what operators change.
package struct StatsService: Sendable {
    /// Runs blocking work elsewhere and completes on the event loop.
    package typealias Workers = @Sendable (any EventLoop, @escaping @Sendable () -> Answer) -> EventLoopFuture<Answer>

    private let operations: ControlOperations
    private let workers: Workers
    private let log: any LogSink

    /// `workers` are threads of the server's own; `log` takes a line for each command of level admin.
    package init(operations: ControlOperations, workers: @escaping Workers, log: any LogSink) {
        self.operations = operations
        self.workers = workers
        self.log = log
    }

    /// Runs one command.
    package func run(_ words: [String], level: AccessLevel, on loop: any EventLoop) -> EventLoopFuture<Answer> {
        let operations = operations
        let log = log
        return workers(loop) {
            let answer = CommandTable.run(words, level: level, operations: operations)
            if let record = StatsService.record(of: words, answer, from: operations.facts.name) { log.write(record) }
            return answer
        }
    }

    /// Makes the next part of a long answer.
    package func turn(_ next: @escaping @Sendable () -> AnswerPage, on loop: any EventLoop) -> EventLoopFuture<Answer> {
        workers(loop) { .page(next()) }
    }

    /// Every command of level admin leaves a line, done or not.
    private static func record(of words: [String], _ answer: Answer, from identifier: String) -> LogRecord? {
        guard let command = CommandTable.find(words), command.level == .admin else { return nil }
        let text = PlainText.line(words.joined(separator: " "))
        if case .failure(let reason) = answer {
            return LogRecord(
                .notice,
                from: identifier,
                "stats socket: \(text.prefix(200)): refused: \(reason.dropLast())"
            )
        }
        return LogRecord(.notice, from: identifier, "stats socket: \(text.prefix(200))")
    }
}
