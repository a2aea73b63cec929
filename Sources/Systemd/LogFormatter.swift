// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Statistics

/// Owns how a log line looks: puts the header of a `LogTarget.Format` in front of a message, in bytes, with the calendar worked out
/// once a second.
package struct LogFormatter: Sendable {
    /// Bytes of a message beyond which it is cut: a line must fit a syslog datagram (the default of HAProxy's `len` is 1024,
    /// Postfix's lines reach 2048). A target's `length` cuts the whole line.
    package static let messageLimit = 8_192

    private let hostname: [UInt8]
    private let pid: [UInt8]
    private var second = Int64.min
    /// `Mmm dd hh:mm:ss`
    private var stamp: [UInt8] = []
    /// `yyyy-mm-ddThh:mm:ss.` and `+hh:mm`
    private var dateTime: [UInt8] = []
    private var zone: [UInt8] = []

    /// `hostname` and `pid` stand in the headers of those formats that have a place for them.
    package init(hostname: String, pid: Int32) {
        self.hostname = Array(hostname.utf8)
        self.pid = Array(String(pid).utf8)
    }

    /// Appends the line, without a line end. `time` is microseconds since 1970.
    package mutating func append(_ record: LogRecord, at time: Int64, for target: LogTarget, to bytes: inout [UInt8]) {
        if time / 1_000_000 != second { turn(to: time / 1_000_000) }
        let start = bytes.count
        let severity = max(record.severity.rawValue, target.minimum.rawValue)
        switch target.format {
        case .local:
            appendPriority(target.facility * 8 + severity, to: &bytes)
            bytes.append(contentsOf: stamp)
            bytes.append(UInt8(ascii: " "))
            appendTag(record.identifier, to: &bytes)
        case .rfc3164:
            appendPriority(target.facility * 8 + severity, to: &bytes)
            appendMailLogHeader(record.identifier, to: &bytes)
        case .rfc5424:
            appendPriority(target.facility * 8 + severity, to: &bytes)
            bytes.append(contentsOf: "1 ".utf8)
            appendTimestamp(fraction: time % 1_000_000, to: &bytes)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: hostname)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: record.identifier.utf8)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: pid)
            bytes.append(contentsOf: " - - ".utf8)
        case .priority:
            appendPriority(target.facility * 8 + severity, to: &bytes)
        case .short:
            appendPriority(severity, to: &bytes)
        case .timed:
            appendPriority(severity, to: &bytes)
            appendTimestamp(fraction: time % 1_000_000, to: &bytes)
            bytes.append(UInt8(ascii: " "))
        case .iso:
            appendTimestamp(fraction: time % 1_000_000, to: &bytes)
            bytes.append(UInt8(ascii: " "))
        case .raw:
            break
        case .maillog:
            appendMailLogHeader(record.identifier, to: &bytes)
        }
        Self.append(message: record.message, to: &bytes)
        if let length = target.length, bytes.count - start > length { bytes.removeLast(bytes.count - start - length) }
    }

    /// Appends the message with every control character replaced: a line that a peer could break in two would be a forged line.
    static func append(message: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: message.utf8)
        if bytes.count - start > messageLimit { bytes.removeLast(bytes.count - start - messageLimit) }
        bytes.withUnsafeMutableBufferPointer { buffer in
            for index in start..<buffer.count where buffer[index] < 0x20 || buffer[index] == 0x7F {
                buffer[index] = UInt8(ascii: "?")
            }
        }
    }

    /// Appends `number` in decimal digits.
    static func append(number: UInt64, to bytes: inout [UInt8]) {
        if number >= 10 { append(number: number / 10, to: &bytes) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    private func appendPriority(_ value: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "<"))
        Self.append(number: UInt64(clamping: value), to: &bytes)
        bytes.append(UInt8(ascii: ">"))
    }

    private func appendTag(_ identifier: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: identifier.utf8)
        bytes.append(UInt8(ascii: "["))
        bytes.append(contentsOf: pid)
        bytes.append(contentsOf: "]: ".utf8)
    }

    private func appendMailLogHeader(_ identifier: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: stamp)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: hostname)
        bytes.append(UInt8(ascii: " "))
        appendTag(identifier, to: &bytes)
    }

    private func appendTimestamp(fraction: Int64, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: dateTime)
        var unit: Int64 = 100_000
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(clamping: abs(fraction) / unit % 10))
            unit /= 10
        }
        bytes.append(contentsOf: zone)
    }

    private mutating func turn(to second: Int64) {
        self.second = second
        var clock = time_t(second)
        var local = tm()
        localtime_r(&clock, &local)
        let time = "\(Self.two(local.tm_hour)):\(Self.two(local.tm_min)):\(Self.two(local.tm_sec))"
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months[Int(max(0, min(11, local.tm_mon)))]
        stamp = Array("\(month) \(local.tm_mday < 10 ? " " : "")\(local.tm_mday) \(time)".utf8)
        dateTime = Array(
            "\(Int(local.tm_year) + 1900)-\(Self.two(local.tm_mon + 1))-\(Self.two(local.tm_mday))T\(time).".utf8
        )
        let offset = local.tm_gmtoff / 60
        zone = Array(
            "\(offset < 0 ? "-" : "+")\(Self.two(Int32(clamping: abs(offset) / 60))):\(Self.two(Int32(clamping: abs(offset) % 60)))"
                .utf8
        )
    }

    private static func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
