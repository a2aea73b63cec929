// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Glibc

/// Owns what the service manager is told about this process (sd_notify(3)). Where nobody listens (NOTIFY_SOCKET is not set)
/// every call does nothing.
package struct ServiceNotifier: Sendable {
    /// How often `watchdog()` must be called, milliseconds: half of WatchdogSec=; nil when the unit has none or means another process.
    package let watchdogInterval: Int?

    /// Reads WATCHDOG_USEC and WATCHDOG_PID.
    package init() {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0, microseconds > 0 else {
            watchdogInterval = nil
            return
        }
        watchdogInterval = max(1, Int(clamping: microseconds / 2_000))
    }

    /// Every listener is open and the queue is read: dependants may start. Also ends a `reloading()`.
    package func ready(status: String = "") {
        send(status.isEmpty ? "READY=1" : "READY=1\nSTATUS=\(Self.oneLine(status))")
    }

    /// One line for `systemctl status`.
    package func status(_ text: String) {
        send("STATUS=\(Self.oneLine(text))")
    }

    /// The drain has begun.
    package func stopping(status: String = "draining") {
        send("STOPPING=1\nSTATUS=\(Self.oneLine(status))")
    }

    /// A reload has begun; `ready()` must follow, also when the new file was refused.
    package func reloading() {
        send(Self.reloadingState(microseconds: Self.monotonicMicroseconds()))
    }

    /// The process still works. Call it from a place that a hang would stop.
    package func watchdog() {
        send("WATCHDOG=1")
    }

    static func reloadingState(microseconds: UInt64) -> String {
        "RELOADING=1\nMONOTONIC_USEC=\(microseconds)"
    }

    /// The protocol separates assignments by newlines: a newline in a text would become an assignment of its own.
    static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private func send(_ state: String) {
        // The manager may be gone or slow to read; there is nobody to tell and nothing to do about it.
        _ = sd_notify(0, state)
    }

    private static func monotonicMicroseconds() -> UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1_000
    }
}
