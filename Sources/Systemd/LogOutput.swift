// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// Owns one log target on the writer's thread: the lines it still has to take, and how many it lost because it was too slow.
package struct LogOutput {
    /// Bytes formatted at once for a stream: one write takes many lines.
    private static let chunk = 65_536

    let target: LogTarget
    /// Exactly one of these three; not an enum, so that their buffers are changed in place.
    private var stream: StreamTransport?
    private var datagram: DatagramTransport?
    private var journal: JournalTransport?
    private var lines: [LogEntry] = []
    private var next = 0
    private var unsent: [UInt8] = []
    private var start = 0
    private(set) var lost = 0
    /// Whether nobody took the last bytes, though a full disk says that it is ready for them.
    private var isGone = false

    /// - Parameters:
    ///   - standardOutput, standardError: the descriptors behind those two targets.
    package init(_ target: LogTarget, standardOutput: Int32, standardError: Int32) {
        self.target = target
        switch target.destination {
        case .stdout:
            stream = StreamTransport(standardOutput)
        case .stderr:
            stream = StreamTransport(standardError)
        case .datagram(let host, let port):
            datagram = DatagramTransport(.internet(host: host, port: port))
        case .unix(let path):
            datagram = DatagramTransport(.unix(path: path))
        case .journal where JournalTransport.isAvailable():
            journal = JournalTransport()
        case .journal:
            // Started by hand, or in a container: better on the terminal than nowhere.
            stream = StreamTransport(standardError)
        }
    }

    /// Lines that wait.
    var waiting: Int { lines.count - next }

    /// Lines that are lost when the target is given up now, those that are out in part among them.
    var unfinished: Int {
        let formatted = stream == nil ? min(1, unsent.count) : unsent[start...].count { $0 == UInt8(ascii: "\n") }
        return formatted + lines[next...].count { target.takes($0.record) }
    }

    /// What becomes writable when the target takes lines again; negative when nobody is there.
    package var descriptor: Int32 {
        isGone ? -1 : stream?.descriptor ?? datagram?.descriptor ?? journal?.descriptor ?? -1
    }

    /// Takes a batch; what exceeds `limit` waiting lines is lost and counted. Returns how many that were.
    package mutating func accept(_ batch: [LogEntry], limit: Int) -> Int {
        if waiting == 0 {
            // Shares the batch's storage: no copy a target.
            lines = batch
            next = 0
            return 0
        }
        if next > 0 { lines.removeFirst(next) }
        next = 0
        let taken = min(batch.count, max(0, limit - lines.count))
        lines.append(contentsOf: batch.prefix(taken))
        lost += batch.count - taken
        return batch.count - taken
    }

    /// Writes what the target takes now. True when nothing waits any more. `discarded` counts lines that no retry can save.
    package mutating func push(_ formatter: inout LogFormatter, discarded: inout Int) -> Bool {
        isGone = false
        while true {
            if start == unsent.count, next == lines.count {
                lines = []
                next = 0
                guard lost > 0 else { return true }
                lines.append(LogEntry(Self.notice(lost, because: "\(target.destination.name) did not take them")))
                lost = 0
            }
            switch step(&formatter, discarded: &discarded) {
            case .sent: continue
            case .full: return false
            case .gone:
                isGone = true
                return false
            case .refused: discarded += 1
            }
        }
    }

    mutating func close() {
        datagram?.close()
        journal?.close()
    }

    /// The line that says that others are missing.
    static func notice(_ count: Int, because reason: String) -> LogRecord {
        LogRecord(.warning, from: "relaybox", "\(count) log lines were lost because \(reason)")
    }

    private mutating func step(_ formatter: inout LogFormatter, discarded: inout Int) -> LogDelivery {
        if journal != nil { return stepJournal() }
        fill(&formatter, upTo: stream == nil ? 1 : Self.chunk)
        let result = stream?.send(unsent, from: start) ?? datagram?.send(unsent) ?? .refused
        switch result {
        case .sent(let count): advance(by: count)
        case .refused: advance(by: unsent.count)
        case .full, .gone: break
        }
        return result
    }

    private mutating func stepJournal() -> LogDelivery {
        guard next < lines.count else { return .sent(0) }
        let entry = lines[next]
        guard target.takes(entry.record) else {
            next += 1
            return .sent(0)
        }
        let result = journal?.send(entry, for: target) ?? .refused
        if result != .full { next += 1 }
        return result
    }

    private mutating func advance(by count: Int) {
        start += count
        guard start >= unsent.count else { return }
        unsent.removeAll(keepingCapacity: true)
        start = 0
    }

    private mutating func fill(_ formatter: inout LogFormatter, upTo size: Int) {
        guard start == unsent.count else { return }
        unsent.removeAll(keepingCapacity: true)
        start = 0
        while next < lines.count, unsent.count < size {
            let entry = lines[next]
            next += 1
            guard target.takes(entry.record) else { continue }
            formatter.append(entry.record, at: entry.time, for: target, to: &unsent)
            if stream != nil { unsent.append(UInt8(ascii: "\n")) }
        }
    }
}

extension LogTarget {
    /// Whether a line is for this target.
    fileprivate func takes(_ record: LogRecord) -> Bool {
        record.severity <= maximum && channels & (1 << UInt64(record.channel)) != 0
    }
}

extension LogTarget.Destination {
    /// How the target is called in a message.
    var name: String {
        switch self {
        case .journal: "the journal"
        case .stdout: "standard output"
        case .stderr: "standard error"
        case .datagram(let host, let port): "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
