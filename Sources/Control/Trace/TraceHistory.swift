// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// The last log lines of the process, so that a message's way can be told without a journal. Bounded: a new line takes the
/// place of the oldest.
///
/// Lines are only searched when somebody asks, so that keeping one costs a lock and a copy of its bytes.
package final class TraceHistory: Sendable {
    /// A line and when it was written, milliseconds since 1970.
    package struct Line: Sendable {
        /// Milliseconds since 1970.
        package var time: Int64
        /// The line as it was written.
        package var record: LogRecord
    }

    private struct State {
        /// The oldest first.
        var blocks: [LineBlock] = []
        /// Blocks that were given up.
        var dropped = 0
        /// Lines in the blocks; a few of the oldest may be beyond the limit.
        var count = 0
        var limit: Int

        init(limit: Int) {
            self.limit = max(0, limit)
        }

        mutating func append(_ line: Line) {
            guard limit > 0 else { return }
            if blocks.last?.isFull ?? true { blocks.append(nextBlock()) }
            blocks[blocks.count - 1].append(line)
            count += 1
        }

        /// The oldest block when its lines are no longer needed, else a new one.
        private mutating func nextBlock() -> LineBlock {
            guard let oldest = blocks.first, count - oldest.count >= limit else { return LineBlock() }
            var block = blocks.removeFirst()
            dropped += 1
            count -= block.count
            block.removeAll()
            return block
        }
    }

    /// Lines one trace has at most.
    private static let lineLimit = 2_000

    private let state: Mutex<State>

    /// - Parameter limit: lines kept; 0: none.
    package init(limit: Int) {
        state = Mutex(State(limit: limit))
    }

    /// Another limit; with it the history begins anew.
    package func change(limit: Int) {
        state.withLock { state in
            guard limit != state.limit else { return }
            state = State(limit: limit)
        }
    }

    /// Keeps a line, in place of the oldest where there are as many as may be. Called on any thread.
    package func note(_ record: LogRecord, at time: Int64) {
        state.withLock { $0.append(Line(time: time, record: record)) }
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

    /// Looks at every line, the oldest first; what is overwritten meanwhile is passed over. Lines are read outside of the lock.
    private func walk(_ look: (Line) -> Void) {
        var next = 0
        while true {
            let part = state.withLock { state -> (block: LineBlock, skipped: Int)? in
                let number = max(next, state.dropped)
                guard number - state.dropped < state.blocks.count else { return nil }
                next = number + 1
                let place = number - state.dropped
                let before = state.blocks[..<place].reduce(0) { $0 + $1.count }
                return (state.blocks[place], max(0, state.count - state.limit - before))
            }
            guard let part else { return }
            part.block.forEach(skipping: part.skipped, look)
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

    /// Writes first, then keeps.
    package func write(_ record: LogRecord) {
        sink.write(record)
        history.note(record, at: now())
    }
}
