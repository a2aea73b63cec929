// SPDX-License-Identifier: Apache-2.0

import NIOCore
// why: the thread pool is NIO's way to keep blocking work off event loops; no socket is opened here.
import NIOPosix

/// The threads that run commands, so that no event loop waits for a disk.
struct StatsWorkers: Sendable {
    private let pool: NIOThreadPool

    /// - Parameter threads: commands that run at once.
    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
    }

    /// Begins to run work.
    func start() {
        pool.start()
    }

    /// Runs `work` on a thread of its own and completes on `loop`.
    func run<Value: Sendable>(
        on loop: any EventLoop,
        _ work: @escaping @Sendable () -> Value
    ) -> EventLoopFuture<Value> {
        pool.runIfActive(eventLoop: loop, work)
    }

    /// Ends the threads; commands that wait are not run.
    func shutDown() async {
        try? await pool.shutdownGracefully()
    }
}
