// SPDX-License-Identifier: Apache-2.0

import Configuration
import Delivery
import NIOCore
import NIOPosix
import Resolving
import Statistics

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
    /// The resolver of the process, on the configured name servers or else the host's.
    ///
    /// - Throws: `ResolverError.unusable` with a text for the operator when the configured servers cannot be used; a host
    ///   without working DNS only gets a warning, for not every appliance needs it.
    func resolver(log: any LogSink, now: @escaping @Sendable () -> Int64) throws -> Resolving.Resolver? {
        var settings = ResolverSettings()
        settings.nameservers = nameservers.map { server in
            let address = server.address.contains(":") ? "[\(server.address)]" : server.address
            return "\(address):\(server.port)"
        }
        do {
            return try Resolving.Resolver(settings: settings, now: now)
        } catch {
            guard nameservers.isEmpty else { throw error }
            log.write(LogRecord(.warning, from: logTag, "the DNS cannot be asked: \(error)"))
            return nil
        }
    }

    /// How next hops are looked up: with the configured name servers; nil when there are none: the host's resolver is asked.
    func lookUp(_ resolver: Resolving.Resolver?) -> HostLookup? {
        guard !nameservers.isEmpty, let resolver else { return nil }
        return { loop in NameLookup(resolver, on: loop) }
    }
}
