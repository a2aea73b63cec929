// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Resolver {
    /// The addresses of a host: itself when it is an address literal, else from the host's own table, else its A and AAAA
    /// records. One of the two that fails is left out when the other has addresses; when the other has none, the host's
    /// addresses are unknown and the failure is the answer.
    @discardableResult
    package func addresses(
        of host: String,
        family: AddressFamily = .any,
        completion: @escaping Completion<HostAddress>
    ) -> QueryHandle {
        if let literal = HostAddress(literal: host) {
            completion(.success(.own(family.includes(literal) ? [literal] : [], ttl: 86_400)))
            return .done
        }
        guard let name = DomainName(host) else {
            completion(.failure(.invalidName))
            return .done
        }
        let own = hostsTable().addresses(of: name, family: family)
        if !own.isEmpty {
            completion(.success(.own(own, ttl: ResolverHosts.interval / 1_000)))
            return .done
        }
        switch family {
        case .ipv4: return addresses(of: name, .a, completion: completion)
        case .ipv6: return addresses(of: name, .aaaa, completion: completion)
        case .any: break
        }
        let pair = AddressPair(completion)
        let six = addresses(of: name, .aaaa) { pair.found(six: $0) }
        let four = addresses(of: name, .a) { pair.found(four: $0) }
        return QueryHandle {
            guard pair.cancel() else { return false }
            six.cancel()
            four.cancel()
            return true
        }
    }

    private func addresses(
        of name: DomainName,
        _ type: RecordType,
        completion: @escaping Completion<HostAddress>
    ) -> QueryHandle {
        query(name, type) { completion($0.map { Resolved($0, read: { HostAddress(bytes: $0) }) }) }
    }
}

extension Resolved<HostAddress> {
    /// Addresses that come from this host.
    fileprivate static func own(_ addresses: [HostAddress], ttl: Int64) -> Self {
        Resolved(existence: addresses.isEmpty ? .noData : .found, records: addresses, ttl: ttl)
    }

    /// Both families of a host as one.
    static func joined(
        six: Result<Self, ResolverError>,
        four: Result<Self, ResolverError>
    ) -> Result<Self, ResolverError> {
        switch (six, four) {
        case (.success(let six), .success(let four)):
            guard six.existence == .found || four.existence == .found else {
                return .success(six.existence == .noDomain ? six : four)
            }
            let found = [six, four].filter { $0.existence == .found }
            return .success(
                Resolved(
                    existence: .found,
                    security: found.allSatisfy { $0.security == .secure } ? .secure : .insecure,
                    canonicalName: four.canonicalName ?? six.canonicalName,
                    records: six.records + four.records,
                    malformed: six.malformed + four.malformed,
                    ttl: min(six.ttl, four.ttl)
                )
            )
        case (.success(let one), .failure(let error)), (.failure(let error), .success(let one)):
            return one.records.isEmpty ? .failure(error) : .success(one)
        case (.failure, .failure(let error)):
            return .failure(error)
        }
    }
}

/// Waits for both families of a host, and answers once.
private final class AddressPair: Sendable {
    typealias Half = Result<Resolved<HostAddress>, ResolverError>

    private struct State {
        var six: Half?
        var four: Half?
        var completion: Resolver.Completion<HostAddress>?
    }

    private let state: Mutex<State>

    init(_ completion: @escaping Resolver.Completion<HostAddress>) {
        state = Mutex(State(completion: completion))
    }

    func found(six: Half? = nil, four: Half? = nil) {
        let ready = state.withLock { state -> (Resolver.Completion<HostAddress>, Half)? in
            state.six = six ?? state.six
            state.four = four ?? state.four
            guard let six = state.six, let four = state.four, let completion = state.completion else { return nil }
            state.completion = nil
            return (completion, Resolved<HostAddress>.joined(six: six, four: four))
        }
        if let (completion, result) = ready { completion(result) }
    }

    /// Whether there was somebody left to answer.
    func cancel() -> Bool {
        state.withLock { state in
            defer { state.completion = nil }
            return state.completion != nil
        }
    }
}
