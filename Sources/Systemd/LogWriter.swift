// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
package import Statistics
import Synchronization

/// Owns the way of log lines out of the process: callers leave a line in a bounded queue and go on, one background thread formats
/// and writes. Nothing here waits for a reader of the log; a target that cannot keep up loses lines, which are counted and said.
package final class LogWriter: LogSink {
    /// What callers touch.
    private struct Pending {
        var entries: [LogEntry] = []
        var lost = 0
        /// A pass runs or is going to: no need to wake the thread.
        var isAwake = false
    }

    /// What the background thread touches.
    private struct Outputs {
        var list: [LogOutput] = []
        var formatter: LogFormatter
        var batch: [LogEntry] = []
    }

    /// How long the thread stays awake for more lines after a pass, microseconds: on a busy process callers never pay for a wake-up.
    private static let linger: UInt32 = 5_000
    /// How long it waits at most for a target that took nothing, milliseconds: other targets wait as long for new lines.
    private static let patience: Int32 = 20

    /// Lines that reached no target, or not every one.
    package let dropped = Counter()

    private let queueLimit: Int
    private let standardOutput: Int32
    private let standardError: Int32
    private let ceiling = Atomic<Int>(-1)
    private let pending = Mutex(Pending())
    private let outputs: Mutex<Outputs>
    private let thread = DispatchQueue(label: "log")

    /// - Parameters:
    ///   - queueLimit: lines that may wait for the background thread, and again for each target.
    ///   - standardOutput, standardError: the descriptors behind those two targets.
    package init(
        targets: [LogTarget],
        hostname: String,
        pid: Int32,
        queueLimit: Int = 16_384,
        standardOutput: Int32 = 1,
        standardError: Int32 = 2
    ) {
        self.queueLimit = queueLimit
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.outputs = Mutex(Outputs(formatter: LogFormatter(hostname: hostname, pid: pid)))
        // A reader of our standard output that ends must not end the mail service.
        signal(SIGPIPE, SIG_IGN)
        reload(targets: targets)
    }

    deinit {
        outputs.withLock { outputs in
            for index in outputs.list.indices { outputs.list[index].close() }
        }
    }

    /// Leaves the line in the queue and returns; a line that no target wants, or that finds the queue full, is dropped.
    package func write(_ record: LogRecord) {
        guard record.severity.rawValue <= ceiling.load(ordering: .relaxed) else { return }
        let entry = LogEntry(record)
        let (taken, wakes) = pending.withLock { pending in
            guard pending.entries.count < queueLimit else {
                pending.lost += 1
                return (false, false)
            }
            pending.entries.append(entry)
            defer { pending.isAwake = true }
            return (true, !pending.isAwake)
        }
        if !taken { dropped.add() }
        if wakes { thread.async { self.run() } }
    }

    /// Writes to these targets from now on. Targets that stay keep their connection and the lines that wait for them.
    package func reload(targets: [LogTarget]) {
        outputs.withLock { outputs in
            var old = outputs.list
            outputs.list = targets.map { target in
                if let index = old.firstIndex(where: { $0.target == target }) { return old.remove(at: index) }
                return LogOutput(target, standardOutput: standardOutput, standardError: standardError)
            }
            var lost = 0
            for index in old.indices {
                _ = old[index].push(&outputs.formatter, discarded: &lost)
                lost += old[index].unfinished
                old[index].close()
            }
            if lost > 0 { dropped.add(lost) }
        }
        ceiling.store(targets.map(\.maximum.rawValue).max() ?? -1, ordering: .relaxed)
    }

    /// Returns when every line written before is out, at the latest after `deadline` milliseconds: for the end of the process.
    package func flush(within deadline: Int = 1_000) {
        let done = DispatchSemaphore(value: 0)
        let end = DispatchTime.now() + .milliseconds(deadline)
        thread.async {
            var stalled = self.pass()
            while !stalled.isEmpty, DispatchTime.now() < end {
                Self.wait(for: stalled)
                stalled = self.pass()
            }
            done.signal()
        }
        _ = done.wait(timeout: end)
    }

    /// One turn of the background thread, which gives way to `flush` between turns.
    private func run() {
        let stalled = pass()
        if stalled.isEmpty { usleep(Self.linger) } else { Self.wait(for: stalled) }
        let goesOn = pending.withLock { pending in
            pending.isAwake = !stalled.isEmpty || !pending.entries.isEmpty
            return pending.isAwake
        }
        if goesOn { thread.async { self.run() } }
    }

    /// Returns when one of the stalled targets takes lines again, at the latest when patience is over.
    private static func wait(for stalled: [Int32]) {
        var pollers = stalled.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
        let ready = poll(&pollers, nfds_t(pollers.count), patience)
        // A reader that went away is always ready: nothing to be quick for.
        if ready > 0, !pollers.contains(where: { $0.revents == Int16(POLLOUT) }) { usleep(UInt32(patience) * 1_000) }
    }

    /// Moves what callers left to the targets. Returns the descriptors of those for which lines still wait.
    private func pass() -> [Int32] {
        outputs.withLock { outputs in
            outputs.batch.removeAll(keepingCapacity: true)
            let lost = pending.withLock { pending in
                swap(&pending.entries, &outputs.batch)
                defer { pending.lost = 0 }
                return pending.lost
            }
            if lost > 0 {
                outputs.batch.append(LogEntry(LogOutput.notice(lost, because: "the log queue was full")))
            }
            var stalled: [Int32] = []
            var discarded = 0
            for index in outputs.list.indices {
                if !outputs.batch.isEmpty {
                    discarded += outputs.list[index].accept(outputs.batch, limit: queueLimit)
                }
                if !outputs.list[index].push(&outputs.formatter, discarded: &discarded) {
                    stalled.append(outputs.list[index].descriptor)
                }
            }
            if discarded > 0 { dropped.add(discarded) }
            return stalled
        }
    }
}
