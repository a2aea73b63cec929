// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The connections of one event loop that wait for their greeting, by when their wait is over: one timer for all of them.
final class ParkingLane: Sendable {
    /// A wait is this much longer than asked for at most.
    private static let interval: Int64 = 100_000_000

    /// Where the lane keeps a connection.
    struct Place {
        var tick: Int64
        var index: Int
    }

    // why: a class, because the box hands out copies.
    private final class Parked {
        var byTick: [Int64: [ScreeningHandler]] = [:]
        var nextTick: Int64 = 0
        var isTicking = false
    }

    private let eventLoop: any EventLoop
    private let parked: NIOLoopBoundBox<Parked>

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        parked = NIOLoopBoundBox.makeBoxSendingValue(Parked(), eventLoop: eventLoop)
    }

    /// Lets a connection wait until the deadline. On the event loop.
    func add(_ handler: ScreeningHandler, until deadline: NIODeadline) {
        let parked = parked.value
        let current = ParkingLane.tick(eventLoop.now)
        if !parked.isTicking {
            parked.isTicking = true
            parked.nextTick = current + 1
            schedule()
        }
        let tick = max(ParkingLane.tick(deadline) + 1, parked.nextTick)
        var members = parked.byTick.removeValue(forKey: tick) ?? []
        handler.place = Place(tick: tick, index: members.count)
        members.append(handler)
        parked.byTick[tick] = members
    }

    /// The connection waits no longer. On the event loop.
    func remove(_ handler: ScreeningHandler) {
        guard let place = handler.place else { return }
        handler.place = nil
        let parked = parked.value
        guard var members = parked.byTick.removeValue(forKey: place.tick), place.index < members.count else { return }
        let last = members.removeLast()
        if last !== handler {
            members[place.index] = last
            last.place = place
        }
        if !members.isEmpty { parked.byTick[place.tick] = members }
    }

    private static func tick(_ time: NIODeadline) -> Int64 {
        Int64(clamping: time.uptimeNanoseconds) / interval
    }

    private func schedule() {
        eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(ParkingLane.interval)) { self.tick() }
    }

    private func tick() {
        let parked = parked.value
        let now = ParkingLane.tick(eventLoop.now)
        while parked.nextTick <= now {
            let members = parked.byTick.removeValue(forKey: parked.nextTick) ?? []
            parked.nextTick += 1
            for member in members { member.place = nil }
            for member in members { member.waited() }
        }
        if parked.byTick.isEmpty {
            parked.isTicking = false
        } else {
            schedule()
        }
    }
}
