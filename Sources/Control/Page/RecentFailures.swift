// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// The last things that went wrong, with their reasons: warnings and worse, deferred and bounced recipients, refused clients.
package final class RecentFailures: Sendable {
    /// One line that told of a failure.
    package struct Entry: Sendable, Equatable {
        /// Counts from 1 on.
        package var number: Int
        /// Milliseconds since 1970.
        package var time: Int64
        /// The line, its message cut.
        package var record: LogRecord

        package static func == (left: Entry, right: Entry) -> Bool { left.number == right.number }
    }

    private struct State {
        var entries: [Entry] = []
        var next = 0
        var total = 0
    }

    /// Bytes of a message that are kept.
    private static let messageLimit = 500

    private let limit: Int
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: entries that are kept.
    ///   - now: the wall clock, milliseconds since 1970.
    package init(limit: Int = 100, now: @escaping @Sendable () -> Int64) {
        self.limit = max(1, limit)
        self.now = now
    }

    /// Keeps a line, in place of the oldest.
    package func add(_ record: LogRecord) {
        var record = record
        if record.message.utf8.count > Self.messageLimit {
            record.message = String(record.message.prefix(Self.messageLimit)) + " ..."
        }
        let time = now()
        state.withLock { [record] state in
            state.total &+= 1
            let entry = Entry(number: state.total, time: time, record: record)
            if state.entries.count < limit {
                state.entries.append(entry)
            } else {
                state.entries[state.next] = entry
                state.next = (state.next + 1) % limit
            }
        }
    }

    /// The newest first.
    package var entries: [Entry] {
        state.withLock { state in
            Array((state.entries[state.next...] + state.entries[..<state.next]).reversed())
        }
    }

    /// Whether a line tells of a failure. Reads a few bytes of most lines: it is asked for every one.
    package static func isFailure(_ record: LogRecord) -> Bool {
        if record.severity <= .warning { return true }
        guard record.severity == .informational else { return false }
        let identifier = record.identifier.utf8
        guard let slash = identifier.lastIndex(of: UInt8(ascii: "/")) else { return false }
        switch record.identifier[identifier.index(after: slash)...] {
        case "smtp", "lmtp", "error", "relay", "local", "pipe":
            return deliveryStatus(record.message).map { $0 != UInt8(ascii: "s") } ?? false
        case "smtpd", "postscreen", "submission", "smtps":
            return record.message.hasPrefix("NOQUEUE: ")
        default:
            return false
        }
    }
}

extension RecentFailures {
    private static let statusWord = Array(", status=".utf8)

    /// The first byte after `, status=`; nil where the line has none.
    private static func deliveryStatus(_ message: String) -> UInt8? {
        let word = statusWord
        return message.utf8.withContiguousStorageIfAvailable { bytes -> UInt8? in
            var index = 0
            while index + word.count < bytes.count {
                // Most bytes are no comma.
                if bytes[index] == word[0], word.indices.allSatisfy({ bytes[index + $0] == word[$0] }) {
                    return bytes[index + word.count]
                }
                index += 1
            }
            return nil
        } ?? nil
    }
}

/// A log that keeps the failures among the lines that pass through it.
package struct ObservedLog: LogSink {
    private let sink: any LogSink
    private let failures: RecentFailures

    /// `sink` gets every line, kept or not.
    package init(_ sink: any LogSink, failures: RecentFailures) {
        self.sink = sink
        self.failures = failures
    }

    /// Called on any thread; looks at a few bytes of most lines.
    package func write(_ record: LogRecord) {
        if RecentFailures.isFailure(record) { failures.add(record) }
        sink.write(record)
    }
}

/// Failures for the same reason as one line: a next hop that is down would else push everything else off the page.
package struct FailureSummary: Sendable {
    /// The newest of them, and how many there are.
    package var newest: RecentFailures.Entry
    /// How many failures have this reason.
    package var count: Int

    /// - Parameter entries: the newest first; so are the lines.
    package static func lines(_ entries: [RecentFailures.Entry]) -> [FailureSummary] {
        var places: [String: Int] = [:]
        var lines: [FailureSummary] = []
        for entry in entries {
            let key = entry.record.identifier + " " + reason(entry.record.message)
            if let place = places[key] {
                lines[place].count += 1
            } else {
                places[key] = lines.count
                lines.append(FailureSummary(newest: entry, count: 1))
            }
        }
        return lines
    }

    /// The part of a line that others with the same cause share: a delivery's from `dsn=` on, a refusal's reply.
    private static func reason(_ message: String) -> Substring {
        for (word, isReply) in [(", dsn=", false), (": reject: ", true)] {
            guard let start = message.firstRange(of: word)?.lowerBound else { continue }
            let rest = message[start...]
            guard isReply else { return rest }
            // `RCPT from NAME[ADDRESS]: 554 5.7.1 <user@example.net>: Relay access denied; from=...`: the last words say why.
            let reply = rest.prefix { $0 != ";" }
            return reply.lastIndex(of: ":").map { reply[$0...] } ?? reply
        }
        return message[...]
    }
}
