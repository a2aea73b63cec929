// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Events a second over a sliding second, and the highest such rate: HAProxy's frequency counter.
///
/// The rate is this second's count plus the part of the last second's that the sliding window still covers. Times are
/// milliseconds of the monotonic clock (`NIODeadline.uptimeNanoseconds / 1_000_000`) for those who count and those who
/// read alike; a time before the last one counts into the last second.
package final class RateMeter: Sendable {
    private struct State {
        var second: Int64 = 0
        var count = 0
        var previous = 0
        var maximum = 0

        mutating func roll(to now: Int64) {
            let elapsed = now - second
            guard elapsed > 0 else { return }
            previous = elapsed == 1 ? count : 0
            count = 0
            second = now
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts one event at `now`, in milliseconds of the monotonic clock.
    package func tick(at now: Int64) {
        state.withLock { state in
            state.roll(to: now / 1000)
            state.count += 1
            let rate = state.count + state.previous * Int(1000 - now % 1000) / 1000
            if rate > state.maximum { state.maximum = rate }
        }
    }

    /// The rate at `now` and the highest rate so far.
    package func rate(at now: Int64) -> (current: Int, maximum: Int) {
        state.withLock { state in
            state.roll(to: now / 1000)
            return (state.count + state.previous * Int(1000 - now % 1000) / 1000, state.maximum)
        }
    }

    /// Forgets the highest rate.
    package func clearMaximum() {
        state.withLock { $0.maximum = 0 }
    }
}
