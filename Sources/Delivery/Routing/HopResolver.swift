// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Resolving
import Synchronization

/// Finds the servers of a next hop by asking the DNS, without ever waiting on an event loop.
struct HopResolver: Sendable {
    typealias Completion = @Sendable (Result<[HopTarget], RecipientResult>) -> Void

    /// Nil: the host has no working DNS; names of hosts are left to whoever connects.
    let resolver: Resolver?
    let settings: RoutingSettings
    /// Our name, which must not be among the servers.
    let hostname: String

    /// Finds the servers of `hop`; the completion runs at once, or later on the resolver's thread.
    func servers(of hop: DeliverySettings.NextHop, completion: @escaping Completion) {
        if let address = HostAddress(literal: hop.host) {
            return completion(.success([HopTarget(host: hop.host, address: address, port: hop.port)]))
        }
        guard let resolver else {
            guard hop.kind.isHost || !settings.usesExchangers else {
                return completion(
                    .failure(
                        .init(
                            .deferred,
                            dsn: "4.4.3",
                            text: "Host or domain name not found. Name service error for name=\(hop.host)"
                                + " type=MX: the DNS cannot be asked"
                        )
                    )
                )
            }
            return completion(.success([HopTarget(host: hop.host, address: nil, port: hop.port)]))
        }
        guard !hop.kind.isHost, settings.usesExchangers else {
            return addresses([.init(name: hop.host, preference: 0)], of: hop, resolver, completion)
        }
        resolver.mailExchangers(of: hop.host) { answer in
            let step = ExchangerPlan.hosts(
                answer,
                for: hop,
                ownNames: [hostname.lowercased()],
                limit: settings.exchangerLimit
            )
            switch step {
            case .hosts(let hosts): addresses(hosts, of: hop, resolver, completion)
            case .failed(let failure): completion(.failure(failure))
            }
        }
    }

    private func addresses(
        _ hosts: [ExchangerPlan.Host],
        of hop: DeliverySettings.NextHop,
        _ resolver: Resolver,
        _ completion: @escaping Completion
    ) {
        let family: AddressFamily = settings.usesIPv6 ? settings.usesIPv4 ? .any : .ipv6 : .ipv4
        let collection = AnswerCollection(hosts.count) { answers in
            var generator = SystemRandomNumberGenerator()
            completion(ExchangerPlan.targets(hosts, answers, for: hop, settings, using: &generator))
        }
        for (index, host) in hosts.enumerated() {
            resolver.addresses(of: host.name, family: family) { collection.take($0, at: index) }
        }
    }
}

/// Waits for the addresses of several hosts, and answers once.
private final class AnswerCollection: Sendable {
    typealias One = Result<Resolved<HostAddress>, ResolverError>

    private let answers: Mutex<[One?]>
    private let completion: @Sendable ([One]) -> Void

    init(_ count: Int, completion: @escaping @Sendable ([One]) -> Void) {
        answers = Mutex(Array(repeating: nil, count: count))
        self.completion = completion
    }

    func take(_ answer: One, at index: Int) {
        let all = answers.withLock { answers -> [One]? in
            guard answers.indices.contains(index), answers[index] == nil else { return nil }
            answers[index] = answer
            let all = answers.compactMap { $0 }
            return all.count == answers.count ? all : nil
        }
        if let all { completion(all) }
    }
}
