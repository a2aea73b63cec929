// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// All lanes, each only reachable on its own event loop.
final class LaneSet: Sendable {
    private let lanes = Mutex<[NIOLoopBoundBox<Lane>]>([])

    /// Makes the lanes known to each other; before that nobody reaches anybody.
    func fill(_ boxes: [NIOLoopBoundBox<Lane>]) {
        lanes.withLock { $0 = boxes }
    }

    /// Does something on every lane, later.
    func each(_ body: @escaping @Sendable (Lane) -> Void) {
        for lane in lanes.withLock({ $0 }) { lane.eventLoop.execute { body(lane.value) } }
    }

    /// Does something on the lanes whose bit (modulo 64) is set, later.
    func each(in bits: UInt64, _ body: @escaping @Sendable (Lane) -> Void) {
        for (index, lane) in lanes.withLock({ $0 }).enumerated() where bits & (1 << UInt64(index % 64)) != 0 {
            lane.eventLoop.execute { body(lane.value) }
        }
    }

    /// Does something on one lane, later.
    func on(_ index: Int, _ body: @escaping @Sendable (Lane) -> Void) {
        let lane = lanes.withLock { $0.indices.contains(index) ? $0[index] : nil }
        guard let lane else { return }
        lane.eventLoop.execute { body(lane.value) }
    }
}
