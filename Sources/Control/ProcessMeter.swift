// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Turns two totals (processor time, bytes sent) into rates between one look and the next, at least a second apart.
package final class ProcessMeter: Sendable {
    private struct State {
        var time: Int64?
        var processor: Int64 = 0
        var bytes = 0
        var idle = 100
        var byteRate = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes the totals at `now` (milliseconds); returns the share of idle time of `threads` threads in percent and bytes
    /// a second since the look before.
    ///
    /// - Parameter processor: microseconds used so far, nil when unknown: the process then counts as idle.
    package func look(at now: Int64, processor: Int64?, bytes: Int, threads: Int) -> (idle: Int, byteRate: Int) {
        state.withLock { state in
            guard let last = state.time else {
                state.time = now
                state.processor = processor ?? 0
                state.bytes = bytes
                return (state.idle, state.byteRate)
            }
            let elapsed = now - last
            guard elapsed >= 1000 else { return (state.idle, state.byteRate) }
            state.byteRate = Int(clamping: Int64(max(0, bytes - state.bytes)) / (elapsed / 1000))
            if let processor {
                let used = max(0, processor - state.processor)
                let share = Double(used) / (Double(elapsed) * 1000 * Double(max(1, threads)))
                state.idle = 100 - Int(min(1, share) * 100)
                state.processor = processor
            }
            state.time = now
            state.bytes = bytes
            return (state.idle, state.byteRate)
        }
    }
}
