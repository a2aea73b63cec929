// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The sessions of one event loop, looked over once a second: one timer for all of them instead of one each.
final class SessionLane: Sendable {
    /// How often deadlines are looked at; a deadline is met this much late at most.
    private static let interval = TimeAmount.milliseconds(500)

    let eventLoop: any EventLoop
    /// Connections that wait for their greeting.
    let parking: ParkingLane
    /// The lane's connections to policy services. On the event loop.
    var policies: PolicyDesk { desk.value }
    private let desk: NIOLoopBoundBox<PolicyDesk>
    private let sessions: NIOLoopBoundBox<Sessions>

    // why: a class, because the box hands out copies.
    private final class Sessions {
        var members: [SessionHandler] = []
        var isTicking = false
    }

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        desk = NIOLoopBoundBox.makeBoxSendingValue(PolicyDesk(on: eventLoop), eventLoop: eventLoop)
        parking = ParkingLane(eventLoop: eventLoop)
        sessions = NIOLoopBoundBox.makeBoxSendingValue(Sessions(), eventLoop: eventLoop)
    }

    /// Begins to watch a session. On the event loop.
    func add(_ session: SessionHandler) {
        let watched = sessions.value
        session.position = watched.members.count
        watched.members.append(session)
        guard !watched.isTicking else { return }
        watched.isTicking = true
        scheduleTick()
    }

    /// Stops watching a session. On the event loop.
    func remove(_ session: SessionHandler) {
        let watched = sessions.value
        let position = session.position
        guard position >= 0, position < watched.members.count else { return }
        session.position = -1
        let last = watched.members.removeLast()
        if last !== session {
            watched.members[position] = last
            last.position = position
        }
    }

    private func scheduleTick() {
        eventLoop.assumeIsolated().scheduleTask(in: SessionLane.interval) { self.tick() }
    }

    private func tick() {
        let watched = sessions.value
        guard !watched.members.isEmpty else {
            watched.isTicking = false
            return
        }
        let now = eventLoop.now
        // why: a session that ends itself is replaced by the last one, so walking backwards visits everyone.
        var index = watched.members.count - 1
        while index >= 0 {
            if index < watched.members.count {
                watched.members[index].clockTicked(at: now)
            }
            index -= 1
        }
        scheduleTick()
    }
}
