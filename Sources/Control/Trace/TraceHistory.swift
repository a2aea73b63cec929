// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// The last log lines of the process, so that a message's way can be told without a journal. Bounded: a new line takes the
/// place of the oldest.
///
/// Lines are only searched when somebody asks, a part at a time, so that keeping one costs next to nothing.
package final class TraceHistory: Sendable {
    /// A line and when it was written, milliseconds since 1970.
    package struct Line: Sendable {
        package var time: Int64
        package var record: LogRecord
    }

    private struct State {
        var lines: [Line] = []
        /// Lines ever written.
        var count = 0
        var limit: Int
    }

    /// Lines looked at under one lock.
    private static let step = 2_000
    /// Lines one trace has at most.
    private static let lineLimit = 2_000

    private let state: Mutex<State>

    /// - Parameter limit: lines kept; 0: none.
    package init(limit: Int) {
        state = Mutex(State(limit: max(0, limit)))
    }

    /// Another limit; with it the history begins anew.
    package func change(limit: Int) {
        state.withLock { state in
            guard limit != state.limit else { return }
            state = State(count: 0, limit: max(0, limit))
        }
    }

    /// Keeps a line, in place of the oldest.
    package func note(_ record: LogRecord, at time: Int64) {
        state.withLock { state in
            guard state.limit > 0 else { return }
            let line = Line(time: time, record: record)
            if state.lines.count < state.limit {
                state.lines.append(line)
            } else {
                state.lines[state.count % state.limit] = line
            }
            state.count += 1
        }
    }

    /// The lines about a message, and those of its session that are about no other, in the order they were written.
    package func lines(about id: String) -> [Line] {
        var sessions: Set<UInt64> = []
        walk { line in
            if line.record.queueID == id, line.record.session != 0, sessions.count < 16 {
                sessions.insert(line.record.session)
            }
        }
        var found: [Line] = []
        walk { line in
            let record = line.record
            let isMeant =
                record.queueID == id
                || (record.queueID == nil && record.session != 0 && sessions.contains(record.session))
            if isMeant, found.count < TraceHistory.lineLimit { found.append(line) }
        }
        return found
    }

    /// Looks at every line, the oldest first; what is overwritten meanwhile is passed over.
    private func walk(_ look: (Line) -> Void) {
        var next = 0
        while true {
            let part = state.withLock { state -> [Line] in
                next = max(next, state.count - state.lines.count)
                let end = min(next + TraceHistory.step, state.count)
                guard next < end, state.limit > 0 else { return [] }
                defer { next = end }
                return (next..<end).map { state.lines[$0 % state.limit] }
            }
            if part.isEmpty { return }
            part.forEach(look)
        }
    }
}

/// A log that also keeps what passes in a history.
package struct TracedLog: LogSink {
    private let sink: any LogSink
    private let history: TraceHistory
    private let now: @Sendable () -> Int64

    /// - Parameter now: milliseconds since 1970.
    package init(_ sink: any LogSink, history: TraceHistory, now: @escaping @Sendable () -> Int64) {
        self.sink = sink
        self.history = history
        self.now = now
    }

    package func write(_ record: LogRecord) {
        sink.write(record)
        history.note(record, at: now())
    }
}
