// SPDX-License-Identifier: Apache-2.0

package import Spooling

/// What operators do to queued messages, also to those that are in memory for delivery.
extension Courier {
    /// Messages that `flush` makes due at a time.
    private static let page = 500

    /// What a change came to.
    package struct Change: Sendable, Equatable {
        /// How many messages were changed.
        package var count = 0
        /// Those that were left alone because they are being delivered at this moment.
        package var busy: Set<QueueID> = []

        /// Nothing was changed and nothing was busy, unless it says otherwise.
        package init(count: Int = 0, busy: Set<QueueID> = []) {
            self.count = count
            self.busy = busy
        }
    }

    /// Changes messages in the queue and in memory. Durable when it returns. Blocks.
    ///
    /// A message is never held or deleted and delivered as well: what is on a wire at this moment, or whose result is on
    /// its way to the spool, is left alone.
    package func change(_ ids: [QueueID], _ change: QueueChange) throws(SpoolError) -> Change {
        switch change {
        case .hold, .delete:
            let busy = active.withhold(ids, now: now())
            let free = busy.isEmpty ? ids : ids.filter { !busy.contains($0) }
            defer {
                active.readmit(free)
                lanes.each { $0.purge() }
                runner.look()
            }
            return Change(count: try spool.change(free, change), busy: busy)
        case .release:
            let count = try spool.change(ids, change)
            runner.look()
            return Change(count: count)
        case .reschedule(let time):
            let count = try spool.change(ids, change)
            if time <= now() { runner.look() } else { runner.wake(at: time) }
            return Change(count: count)
        }
    }

    /// Those of these messages that are in memory for delivery: waiting for a connection, or under way.
    package func active(among ids: [QueueID]) -> Set<QueueID> {
        active.members(among: ids)
    }

    /// Which way a recipient's mail goes at present.
    package func route(of address: String) -> Route {
        shelf.router.route(of: address)
    }

    /// Destinations in memory: with mail or connections, or remembered because they failed.
    package var destinationCount: Int { destinations.count }

    /// Lets the destinations of these recipients be tried again at once, whatever happened before.
    package func revive(recipients: [String]) {
        let router = shelf.router
        for case .smtp(let hop) in Set(recipients.map { router.route(of: $0) }) { destinations.revive(hop) }
        lanes.each { $0.revive() }
    }

    /// `queue flush`: everything pending is tried now.
    package func flush() {
        destinations.revive()
        lanes.each { $0.revive() }
        let spool = spool
        let runner = runner
        let time = now()
        HopDialer.offLoop {
            var last: QueueID?
            // why: no end but the queue's own; each page begins after the last id of the one before.
            while let page = try? spool.list(after: last, limit: Courier.page), let end = page.last?.id {
                _ = try? spool.change(page.map(\.id), .reschedule(time))
                last = end
            }
            runner.look()
        }
    }
}
