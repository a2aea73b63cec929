// SPDX-License-Identifier: Apache-2.0

import Configuration
import Delivery
import NIOCore
import NIOPosix
import Resolving

/// The Resolving room as NIO's bootstraps ask it: what connects by name uses the name servers of the configuration.
final class NameLookup: NIOPosix.Resolver, Sendable {
    private let resolver: Resolving.Resolver
    private let loop: any EventLoop

    init(_ resolver: Resolving.Resolver, on loop: any EventLoop) {
        self.resolver = resolver
        self.loop = loop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(of: host, .ipv4, port)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses(of: host, .ipv6, port)
    }

    // why: an answer that nobody waits for any more goes to the cache.
    func cancelQueries() {}

    private func addresses(of host: String, _ family: AddressFamily, _ port: Int) -> EventLoopFuture<[SocketAddress]> {
        let promise = loop.makePromise(of: [SocketAddress].self)
        resolver.addresses(of: host, family: family) { result in
            switch result {
            case .success(let found):
                promise.succeed(found.records.compactMap { try? SocketAddress(ipAddress: "\($0)", port: port) })
            case .failure(let error):
                promise.fail(error)
            }
        }
        return promise.futureResult
    }
}

extension ApplianceSettings {
    /// Asks the configured name servers; nil when there are none, and then the host's resolver is asked.
    ///
    /// - Throws: `ResolverError.unusable` with a text for the operator.
    func lookUp(now: @escaping @Sendable () -> Int64) throws -> HostLookup? {
        guard !nameservers.isEmpty else { return nil }
        var settings = ResolverSettings()
        settings.nameservers = nameservers.map { server in
            let address = server.address.contains(":") ? "[\(server.address)]" : server.address
            return "\(address):\(server.port)"
        }
        let resolver = try Resolving.Resolver(settings: settings, now: now)
        return { loop in NameLookup(resolver, on: loop) }
    }
}
