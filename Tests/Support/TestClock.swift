// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A clock that only moves when a test says so, in milliseconds.
package final class TestClock: Sendable {
    private let time: Mutex<Int64>

    package init(_ start: Int64 = 1_700_000_000_000) {
        time = Mutex(start)
    }

    package var now: Int64 { time.withLock { $0 } }

    package func advance(by milliseconds: Int64) {
        time.withLock { $0 += milliseconds }
    }
}
