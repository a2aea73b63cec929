// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Statistics
import Synchronization

/// What every part of the balancer needs from outside: the log, the clocks and the process's name.
final class Environment: Sendable {
    /// What a reload may change.
    struct Names: Sendable {
        /// In 421 replies.
        var hostname: String
        /// The identifier of log lines.
        var logTag: String
    }

    /// The process's number, for `%pid` in ids.
    let process: Int
    private let sink: any LogSink
    private let clock: @Sendable () -> Int64
    private let zoneOffset: @Sendable (Int64) -> Int
    private let names: Mutex<Names>

    init(
        names: Names,
        log: any LogSink,
        clock: @escaping @Sendable () -> Int64,
        zoneOffset: @escaping @Sendable (Int64) -> Int,
        process: Int
    ) {
        self.process = process
        self.names = Mutex(names)
        sink = log
        self.clock = clock
        self.zoneOffset = zoneOffset
    }

    var hostname: String { names.withLock { $0.hostname } }

    func rename(_ new: Names) {
        names.withLock { $0 = new }
    }

    /// Milliseconds of the monotonic clock.
    var uptime: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    /// The wall clock, milliseconds since 1970.
    var now: Int64 { clock() }

    /// A time of the wall clock as it is printed here.
    func local(_ time: Int64) -> Int64 { time + Int64(zoneOffset(time)) * 1_000 }

    /// A line of a section with a tag or targets of its own.
    func log(_ severity: Severity, _ message: String, session: UInt64, _ settings: SessionLogSettings) {
        let tag = settings.tag ?? names.withLock { $0.logTag }
        var record = LogRecord(severity, from: tag, message, session: session)
        record.channel = settings.channel
        sink.write(record)
    }

    func log(_ severity: Severity = .informational, _ message: String, session: UInt64 = 0) {
        sink.write(LogRecord(severity, from: names.withLock { $0.logTag }, message, session: session))
    }

    /// The reply to a client that cannot be served.
    func unavailable(_ reason: String) -> String {
        "421 4.3.2 \(hostname) Service not available: \(reason), try again later\r\n"
    }
}
