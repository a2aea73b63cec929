// SPDX-License-Identifier: Apache-2.0

/// How a server that came up again gets its share back little by little (HAProxy configuration manual 5.2, `slowstart`):
/// weight and connection limit grow with the time.
package struct SlowStart: Sendable, Equatable {
    /// Weights are counted in sixteenths, as in HAProxy, so that a small one has steps as well.
    package static let scale = 16

    /// Milliseconds from the first connection to the full share, and when the server came up; nil: it is not on its way.
    package var duration: Int
    /// When the server came up, milliseconds of the monotonic clock; nil: it never went down.
    package var startedAt: Int64?

    /// `duration` 0: no slow start.
    package init(duration: Int, startedAt: Int64? = nil) {
        self.duration = duration
        self.startedAt = startedAt
    }

    /// Milliseconds of the way; nil at its end.
    private func elapsed(at now: Int64) -> Int? {
        guard duration > 0, let startedAt, now - startedAt < Int64(duration) else { return nil }
        return Int(max(0, now - startedAt))
    }

    /// Percent of the full share, 1 to 99; nil at the end of the way.
    package func throttle(at now: Int64) -> Int? {
        elapsed(at: now).map { max(1, $0 * 100 / duration) }
    }

    /// The share in sixteenths of a weight: at least one for a server that has a weight at all.
    package func share(of weight: Int, at now: Int64) -> Int {
        let full = weight * SlowStart.scale
        guard weight > 0, let elapsed = elapsed(at: now) else { return full }
        return max(1, full * elapsed / duration)
    }

    /// The connections it may have; 0: no limit.
    package func limit(_ maximum: Int, at now: Int64) -> Int {
        guard maximum > 0, let elapsed = elapsed(at: now) else { return maximum }
        return max(1, maximum * elapsed / duration)
    }
}
