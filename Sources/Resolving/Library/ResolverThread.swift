// SPDX-License-Identifier: Apache-2.0

import CUnbound
import Glibc

/// Starts the thread that owns a libunbound context until its end.
enum ResolverThread {
    typealias Body = @Sendable (borrowing ResolverContext) -> Void

    private final class Start {
        var context: ResolverContext?
        let body: Body

        init(_ context: consuming ResolverContext, _ body: @escaping Body) {
            self.context = consume context
            self.body = body
        }
    }

    /// Runs the body on a new thread, which takes no signals, and deletes the context after it.
    static func start(_ context: consuming ResolverContext, _ body: @escaping Body) throws(ResolverError) {
        let start = Unmanaged.passRetained(Start(context, body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // The thread, and libunbound's own which it starts, inherit the mask.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        let error = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                relaybox_name_thread("resolver")
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                if let context = start.context.take() { start.body(context) }
                return nil
            },
            start.toOpaque()
        )
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard error == 0 else {
            start.release()
            throw .library("cannot start a thread: error \(error)")
        }
    }
}

/// The clock of deadlines, which nobody sets.
enum ResolverClock {
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
