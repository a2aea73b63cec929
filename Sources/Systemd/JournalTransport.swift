// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Glibc
import Statistics

/// The journal: a line as an entry with fields (systemd.journal-fields(7)), so that `journalctl RELAYBOX_QUEUE_ID=...` finds a
/// message's whole life.
struct JournalTransport {
    static let socketPath = "/run/systemd/journal/socket"

    /// libsystemd waits where the journal's socket is full, so a socket of our own asks first whether it is.
    private var gauge = DatagramTransport(.unix(path: socketPath))
    private var gaugeSecond = Int64.min
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    /// What becomes writable when the journal takes entries again.
    var descriptor: Int32 { gauge.descriptor }

    /// Whether a journal runs on this host.
    static func isAvailable() -> Bool {
        access(socketPath, F_OK) == 0
    }

    mutating func send(_ entry: LogEntry, for target: LogTarget) -> LogDelivery {
        // The journal may have been restarted since: a gauge on the old socket would measure nothing.
        let second = entry.time / 1_000_000
        if second != gaugeSecond { gauge.close() }
        gaugeSecond = second
        guard gauge.isWritable() else { return .full }
        fill(entry.record, for: target)
        let ends = ends
        let status = bytes.withUnsafeMutableBytes { buffer -> Int32 in
            var start = 0
            var fields: [iovec] = []
            fields.reserveCapacity(ends.count)
            for end in ends {
                fields.append(iovec(iov_base: buffer.baseAddress?.advanced(by: start), iov_len: end - start))
                start = end
            }
            return sd_journal_sendv(fields, Int32(fields.count))
        }
        return status >= 0 ? .sent(1) : .refused
    }

    mutating func close() {
        gauge.close()
    }

    private mutating func fill(_ record: LogRecord, for target: LogTarget) {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: "MESSAGE=".utf8)
        LogFormatter.append(message: record.message, to: &bytes)
        ends.append(bytes.count)
        field("PRIORITY=", number: UInt64(clamping: max(record.severity.rawValue, target.minimum.rawValue)))
        bytes.append(contentsOf: "SYSLOG_IDENTIFIER=".utf8)
        LogFormatter.append(message: record.identifier, to: &bytes)
        ends.append(bytes.count)
        field("SYSLOG_FACILITY=", number: UInt64(clamping: target.facility))
        if record.session != 0 { field("RELAYBOX_SESSION_ID=", number: record.session) }
        if let queueID = record.queueID {
            bytes.append(contentsOf: "RELAYBOX_QUEUE_ID=".utf8)
            LogFormatter.append(message: queueID, to: &bytes)
            ends.append(bytes.count)
        }
    }

    private mutating func field(_ name: StaticString, number: UInt64) {
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        LogFormatter.append(number: number, to: &bytes)
        ends.append(bytes.count)
    }
}
