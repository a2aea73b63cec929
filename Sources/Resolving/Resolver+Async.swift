// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Resolver {
    /// The records of one type of a name, as they are in the DNS.
    package func query(_ name: DomainName, _ type: RecordType) async throws(ResolverError) -> Answer {
        try await value { query(name, type, completion: $0) }
    }

    /// The addresses of a host, from its text, the host's own table or the DNS.
    package func addresses(
        of host: String,
        family: AddressFamily = .any
    ) async throws(ResolverError) -> Resolved<HostAddress> {
        try await value { addresses(of: host, family: family, completion: $0) }
    }

    /// The exchangers of a domain, best first.
    package func mailExchangers(of domain: String) async throws(ResolverError) -> Resolved<MailExchanger> {
        try await value { mailExchangers(of: domain, completion: $0) }
    }

    /// The TXT records of a name.
    package func texts(of name: String) async throws(ResolverError) -> Resolved<TextRecord> {
        try await value { texts(of: name, completion: $0) }
    }

    /// The TLSA records of a name.
    package func tlsa(of name: String) async throws(ResolverError) -> Resolved<TLSARecord> {
        try await value { tlsa(of: name, completion: $0) }
    }

    /// The names of the host at an address.
    package func pointer(of address: HostAddress) async throws(ResolverError) -> Resolved<DomainName> {
        try await value { pointer(of: address, completion: $0) }
    }

    /// What a block or allow list says about an address.
    package func listing(_ query: BlocklistQuery) async throws(ResolverError) -> BlocklistReply {
        try await value { listing(query, completion: $0) }
    }

    /// Asks, and waits for the completion or for the task's end, whichever is first.
    private func value<Value: Sendable>(
        _ ask: (@escaping @Sendable (Result<Value, ResolverError>) -> Void) -> QueryHandle
    ) async throws(ResolverError) -> Value {
        let wait = AnswerWait<Value>()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard wait.begin(continuation) else { return }
                wait.hold(ask { wait.end($0) })
            }
        } onCancel: {
            wait.cancel()
        }
        return try result.get()
    }
}

/// A task that waits for one answer: it is resumed once, by the answer or by its cancellation, in whatever order they come.
private final class AnswerWait<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Result<Value, ResolverError>, Never>?
        var handle: QueryHandle?
        var isOver = false
    }

    private let state = Mutex(State())

    /// False when the task has been cancelled; then it has been resumed.
    func begin(_ continuation: CheckedContinuation<Result<Value, ResolverError>, Never>) -> Bool {
        let over = state.withLock { state in
            if !state.isOver { state.continuation = continuation }
            return state.isOver
        }
        if over { continuation.resume(returning: .failure(.cancelled)) }
        return !over
    }

    /// Keeps the handle for a cancellation to come, or uses it when that has come already.
    func hold(_ handle: QueryHandle) {
        let over = state.withLock { state in
            if !state.isOver { state.handle = handle }
            return state.isOver
        }
        if over { handle.cancel() }
    }

    func end(_ result: Result<Value, ResolverError>) {
        finish().continuation?.resume(returning: result)
    }

    func cancel() {
        let last = finish()
        last.continuation?.resume(returning: .failure(.cancelled))
        last.handle?.cancel()
    }

    /// Ends the wait in one step with what there was: a handle is either in it, or held later and used at once.
    private func finish() -> State {
        state.withLock { state in
            defer { state = State(isOver: true) }
            return state
        }
    }
}
