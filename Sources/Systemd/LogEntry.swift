// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Statistics

/// A record and when it was written: lines that wait for a slow target keep their own time.
package struct LogEntry {
    /// Microseconds since 1970.
    var time: Int64
    var record: LogRecord

    /// A record that is written now.
    package init(_ record: LogRecord) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.time = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
        self.record = record
    }
}
