// SPDX-License-Identifier: Apache-2.0

/// Asks the DNS, from any thread, and remembers what it said.
///
/// Each question comes in two forms, with a completion for event loops and as `async`, and ends exactly one way. A
/// completion whose answer is known runs on the caller's thread before the call returns, any other on the resolver's
/// thread, where it must not block: hop to an event loop. Times are the caller's clock in milliseconds.
package final class Resolver: Sendable {
    private let loop: ResolverLoop
    private let hosts: ResolverHosts
    private let now: @Sendable () -> Int64

    /// Whether answers are validated: asked for, and a trust anchor was found.
    package let validates: Bool

    /// Starts a resolver and its thread; throws `unusable` when a setting is wrong, with a text for the operator.
    package init(settings: ResolverSettings = ResolverSettings(), now: @escaping @Sendable () -> Int64)
        throws(ResolverError)
    {
        let context = try ResolverContext(settings)
        validates = context.validates
        hosts = ResolverHosts(path: settings.hostsFile)
        self.now = now
        loop = try ResolverLoop(context, settings: settings, now: now)
    }

    deinit {
        loop.close()
    }

    /// Ends the resolver: whoever waits, and whoever asks from now on, gets `closed`.
    package func close() {
        loop.close()
    }

    /// The same; returns when no completion will be called any more, so that the event loops they go to may end.
    package func shutDown() async {
        await withCheckedContinuation { continuation in
            loop.close { continuation.resume() }
        }
    }

    /// What it has done so far.
    package var counts: ResolverCounts { loop.counts }

    /// Asks for the records of one type of a name, as they are in the DNS; the host's own table has no part in it.
    @discardableResult
    package func query(
        _ name: DomainName,
        _ type: RecordType,
        completion: @escaping @Sendable (Result<Answer, ResolverError>) -> Void
    ) -> QueryHandle {
        guard let ticket = loop.ask(Question(name, type), completion: completion) else { return .done }
        return QueryHandle { [loop] in loop.leave(ticket) }
    }

    /// The host's own table as it is now.
    func hostsTable() -> HostsFile {
        hosts.table(now: now())
    }
}

/// A place among those who wait for an answer.
package struct QueryHandle: Sendable {
    private let leave: @Sendable () -> Bool

    init(_ leave: @escaping @Sendable () -> Bool) {
        self.leave = leave
    }

    /// The handle of a question that has been answered.
    package static let done = QueryHandle { false }

    /// Gives up: true when the completion will never be called, false when it has been or is about to be.
    @discardableResult
    package func cancel() -> Bool {
        leave()
    }
}
