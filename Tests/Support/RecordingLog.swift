// SPDX-License-Identifier: Apache-2.0

package import Statistics
import Synchronization

/// A log that keeps its lines for a test to read.
package final class RecordingLog: LogSink {
    private let storage = Mutex<[LogRecord]>([])

    package init() {}

    /// Every line so far, as `identifier: message`.
    package var lines: [String] { storage.withLock { $0.map { "\($0.identifier): \($0.message)" } } }
    /// Every record so far.
    package var records: [LogRecord] { storage.withLock { $0 } }

    package func write(_ record: LogRecord) {
        storage.withLock { $0.append(record) }
    }
}
