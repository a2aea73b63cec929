// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import Synchronization

/// Owns the look at files once a second, off the event loop and never two at once.
package final class FileWatch: Sendable {
    private static let interval = TimeAmount.seconds(1)

    private let files: FileAccess
    private let eventLoop: any EventLoop
    private let isWatching = Atomic(false)
    private let isLooking = Atomic(false)

    /// Looks at nothing until `begin`; `eventLoop` keeps the pace, once a second.
    package init(files: FileAccess, eventLoop: any EventLoop) {
        self.files = files
        self.eventLoop = eventLoop
    }

    /// Calls `look` from now on, until the watch is let go; later calls do nothing.
    ///
    /// - Parameter look: may wait for the disk; must not hold the watch's owner.
    package func begin(_ look: @escaping @Sendable () -> Void) {
        guard !isWatching.exchange(true, ordering: .relaxed) else { return }
        eventLoop.scheduleRepeatedTask(initialDelay: FileWatch.interval, delay: FileWatch.interval) {
            [weak self] task in
            guard let self else { return task.cancel() }
            // why: a disk that hangs must not collect looks at it.
            guard !isLooking.exchange(true, ordering: .acquiring) else { return }
            files.offload { [self] in
                look()
                isLooking.store(false, ordering: .releasing)
            }
        }
    }
}
